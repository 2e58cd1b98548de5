//! What came of the jobs that a run's job has waited for.

use gantry_domain::{JobId, ParentResult};
use gantry_store::{StoreError, WorkerStore};

/// The parents of one run's job; read when the handler asks, and a page at a time.
#[derive(Clone)]
pub struct Parents {
    store: WorkerStore,
    job_id: JobId,
    has_parents: bool,
}

impl Parents {
    pub(crate) const fn new(store: WorkerStore, job_id: JobId, has_parents: bool) -> Self {
        Self {
            store,
            job_id,
            has_parents,
        }
    }

    /// Whether the job has waited for others; where it has not, nothing is ever read.
    pub const fn exist(&self) -> bool {
        self.has_parents
    }

    /// What came of the parents, in the order of the job's list: those after the position `after`, none of them when
    /// there are no more. A page holds at most [`PARENTS_PAGE_ITEMS`](gantry_store::PARENTS_PAGE_ITEMS) parents and
    /// [`PARENTS_PAGE_BYTES`](gantry_store::PARENTS_PAGE_BYTES) of results, but one parent at least.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn page(&self, after: Option<u32>) -> Result<Vec<ParentResult>, StoreError> {
        if !self.has_parents {
            return Ok(Vec::new());
        }
        self.store.parent_results(self.job_id, after).await
    }
}
