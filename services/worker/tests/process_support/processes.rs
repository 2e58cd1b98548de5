//! Looks at processes from outside.

use std::fs;

use super::waiting::eventually;

/// Waits until no process with this id runs.
pub async fn eventually_gone(process_id: &str) {
    eventually(&format!("process {process_id} ends"), || {
        (!is_running(process_id)).then_some(())
    })
    .await;
}

/// Whether a process with this id runs; one that has ended but was not yet collected does not.
pub fn is_running(process_id: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process_id}/status")).unwrap_or_default();
    status.contains("State:") && !status.contains("State:\tZ") && !status.contains("State:\tX")
}
