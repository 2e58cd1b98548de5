//! The file in which a command finds what came of the jobs that its job has waited for.

use anyhow::Context;
use serde_json::{Value, json};

use crate::Parents;

/// How many bytes of results the file may hold; those of further parents are left out, and say so.
const PARENTS_FILE_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// A JSON array with one object for each parent, in the order of the job's list: `job_id`, `outcome`, and `result` or
/// `error`. Where the results together would be too large, `result` is null and `result_left_out` true.
pub(super) async fn content(parents: &Parents) -> anyhow::Result<Vec<u8>> {
    let mut content = b"[".to_vec();
    let mut after = None;
    loop {
        let page = parents
            .page(after)
            .await
            .context("the results of the parents could not be read")?;
        let Some(last) = page.last() else {
            break;
        };
        after = Some(last.position);
        for parent in page {
            let mut entry = json!({
                "job_id": parent.job_id, "outcome": parent.outcome, "result": parent.result, "error": parent.error,
            });
            let mut text = entry.to_string();
            if content.len() + text.len() > PARENTS_FILE_LIMIT_BYTES && parent.result.is_some() {
                entry["result"] = Value::Null;
                entry["result_left_out"] = json!(true);
                text = entry.to_string();
            }
            if content.len() > 1 {
                content.push(b',');
            }
            content.extend(text.into_bytes());
        }
    }
    content.push(b']');
    Ok(content)
}
