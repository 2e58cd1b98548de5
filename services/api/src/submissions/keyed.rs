//! Group commit of submissions that carry keys.

use gantry_crash_points::{CrashPoint, reach};
use gantry_store::{ApiStore, KeyedSubmission, StoreError, SubmitOutcome};

use super::{Reply, Submitted, Waiting, Writer};
use crate::problem::ApiError;

/// Submissions that are written together.
#[derive(Default)]
struct Group {
    submissions: Vec<KeyedSubmission>,
    replies: Vec<Reply>,
}

impl Writer {
    /// One transaction for all. Where one of them could be accepted in part only, or Postgres refuses it, each half is
    /// written by itself, and so on, until the one that is to blame is alone.
    pub(super) async fn write_keyed(&self, waiting: Vec<Waiting>) {
        let mut open = vec![Group::of(waiting)];
        while let Some(mut group) = open.pop() {
            let submitted = self.store.submit_keyed(&group.submissions).await;
            reach(CrashPoint::SubmissionsCommitted);
            match submitted {
                Ok(Some(outcomes)) => self.answer_keyed(group, outcomes),
                Ok(None) | Err(StoreError::Statement(_)) if group.replies.len() > 1 => {
                    let second = group.split_off_half();
                    open.push(second);
                    open.push(group);
                }
                Ok(None) => group.fail(&ApiError::internal("a single submission was not decided")),
                Err(error) => group.fail(&ApiError::from(error)),
            }
        }
    }

    fn answer_keyed(&self, group: Group, outcomes: Vec<SubmitOutcome>) {
        let requests = group.submissions.into_iter().zip(group.replies);
        for ((submission, reply), outcome) in requests.zip(outcomes) {
            let jobs = submission.jobs;
            if let SubmitOutcome::Accepted(accepted) = &outcome {
                self.doorbells.ring(ApiStore::doorbells(&jobs, accepted));
            }
            reply.send(Ok(Submitted::of(jobs, outcome)));
        }
    }
}

impl Group {
    fn of(waiting: Vec<Waiting>) -> Self {
        let mut group = Self::default();
        for Waiting { submission, reply } in waiting {
            group.submissions.push(submission);
            group.replies.push(reply);
        }
        group
    }

    fn split_off_half(&mut self) -> Self {
        let middle = self.replies.len() / 2;
        Self {
            submissions: self.submissions.split_off(middle),
            replies: self.replies.split_off(middle),
        }
    }

    fn fail(self, error: &ApiError) {
        for reply in self.replies {
            reply.send(Err(error.clone()));
        }
    }
}
