//! The progress of one run, as its handler reports it.

use gantry_domain::PROGRESS_LIMIT_BYTES;

use crate::JobLog;
use crate::journal::RunJournal;

/// Where a handler reports its progress; clones report for the same run.
#[derive(Clone)]
pub struct ProgressReporter {
    journal: RunJournal,
    log: JobLog,
}

impl ProgressReporter {
    pub(crate) const fn new(journal: RunJournal, log: JobLog) -> Self {
        Self { journal, log }
    }

    /// Reports how far the job is; the latest report stands, and is stored about once a second. The shape is the
    /// kind's. A report above [`PROGRESS_LIMIT_BYTES`] is dropped, and the job's log says so.
    pub async fn report(&self, progress: serde_json::Value) {
        if progress.to_string().len() > PROGRESS_LIMIT_BYTES {
            let notice =
                format!("a progress report above {PROGRESS_LIMIT_BYTES} bytes was dropped");
            self.log.warn(notice).await;
            return;
        }
        self.journal.report(progress).await;
    }
}
