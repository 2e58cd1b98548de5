//! What is the person's for whom a run's job was made.

use gantry_domain::{ExportSection, JobId};
use gantry_store::{PlacedItem, StoreError, WorkerStore};

/// The account of the person for whom one run's job was made; read when the handler asks, and a page at a time. Only the job
/// of an export that its person has asked for is given anything.
#[derive(Clone)]
pub struct Account {
    store: WorkerStore,
    job_id: JobId,
}

impl Account {
    pub(crate) const fn new(store: WorkerStore, job_id: JobId) -> Self {
        Self { store, job_id }
    }

    /// What a section holds after a place, in its order: a MiB of items at most, but one at least while there are any.
    ///
    /// # Errors
    /// Postgres cannot be reached, or the job is not one of an export that its person asked for.
    pub async fn page(
        &self,
        section: ExportSection,
        after: Option<&str>,
    ) -> Result<Vec<PlacedItem>, StoreError> {
        self.store
            .account_export_page(self.job_id, section, after)
            .await
    }
}
