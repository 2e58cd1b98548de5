//! Results that bring staged jobs with them, each in a transaction of its own.

use gantry_domain::{JobFailure, JobState, NewJob, failure_code};
use gantry_store::{Completion, Failure, StagedCompletion};

use super::{Ended, Settler, until_written, warn_of_stale};

impl Settler {
    /// Result and jobs stand in one transaction, under the run's fence. Others' completions do not wait for it in theirs.
    pub(super) async fn complete_with_children(
        &self,
        completion: &Completion,
        children: &[NewJob],
        ended: &mut Ended,
    ) {
        let written = until_written("a result with staged jobs", || {
            self.store
                .complete_with_children(self.worker_id, completion, children)
        });
        match written.await {
            Some(StagedCompletion::Stale) => warn_of_stale(1, 0),
            Some(StagedCompletion::Committed {
                ended: run,
                doorbells,
            }) => {
                ended.add_runs(&[run], JobState::Succeeded);
                if let Err(error) = self.queue.ring(&doorbells).await {
                    tracing::warn!(%error, "staged jobs could not be announced; the reconciler will");
                }
            }
            Some(StagedCompletion::UnknownParents(_)) => {
                let failure = Failure {
                    run: completion.run,
                    error: JobFailure::new(
                        failure_code::CHILD_REFUSED,
                        "a job that the handler staged depends on a job that its tenant does not have",
                    ),
                    retry_after: None,
                };
                self.fail(&[failure], ended).await;
            }
            None => self.fail_refused(completion.run, ended).await,
        }
    }
}
