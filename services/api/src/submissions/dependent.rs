//! Submissions of jobs that wait for others: each in a transaction of its own, apart from those that share one.

use gantry_crash_points::{CrashPoint, reach};
use gantry_store::KeyedSubmission;

use super::{Submissions, Submitted};
use crate::problem::ApiError;

impl Submissions {
    /// Holding a parent can mean waiting for whoever writes it, which must hold up nobody else's submission.
    pub(super) async fn submit_dependent(
        &self,
        submission: KeyedSubmission,
    ) -> Result<Submitted, ApiError> {
        let (outcome, doorbells) = self.store.submit_dependent(&submission).await?;
        reach(CrashPoint::SubmissionsCommitted);
        self.doorbells.ring(doorbells);
        Ok(Submitted::of(submission.jobs, outcome))
    }
}
