//! The cursor of a list of jobs: the last job of the page before, as opaque text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gantry_domain::JobId;
use uuid::Uuid;

use crate::problem::ApiError;

/// Stands before the id, so that a later form of cursor can be told from this one.
const VERSION: u8 = 1;

/// The cursor of the page that follows this job.
pub fn cursor_after(job_id: JobId) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(job_id.as_uuid().as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The job a cursor stands for.
///
/// # Errors
/// [`ApiError::BadCursor`] for a text that no page ever gave.
pub fn read_cursor(cursor: &str) -> Result<JobId, ApiError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(cursor)
        .map_err(|_| ApiError::BadCursor)?;
    match bytes.split_first() {
        Some((&VERSION, id)) => Uuid::from_slice(id)
            .map(JobId::from_uuid)
            .map_err(|_| ApiError::BadCursor),
        _ => Err(ApiError::BadCursor),
    }
}
