//! The jobs whose runs were written, gathered for those who are to hear of it.

use gantry_domain::{JobId, JobState};
use gantry_queue::JobEnded;
use gantry_store::{EndedRun, FailedRun};

/// The jobs whose runs were written, for those who are to hear of it.
#[derive(Default)]
pub(super) struct Ended {
    /// All, those that are to be retried too.
    pub(super) jobs: Vec<JobEnded>,
    /// Those that have ended and whose children are to be told.
    pub(super) parents: Vec<JobId>,
}

impl Ended {
    fn add(&mut self, job_id: JobId, state: JobState, has_children: bool) {
        self.jobs.push(JobEnded { job_id, state });
        if has_children && state.is_terminal() {
            self.parents.push(job_id);
        }
    }

    pub(super) fn add_failed(&mut self, runs: &[FailedRun]) {
        for failed in runs {
            self.add(failed.run.job_id, failed.state, failed.has_children);
        }
    }

    pub(super) fn add_runs(&mut self, runs: &[EndedRun], state: JobState) {
        for ended in runs {
            self.add(ended.run.job_id, state, ended.has_children);
        }
    }
}
