//! The cursor of a list: the id of the last item of the page before, as opaque text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::problem::ApiError;

/// Stands before the id, so that a later form of cursor can be told from this one.
const VERSION: u8 = 1;

/// The cursor of the page that follows the item of this id.
pub fn cursor_after(id: Uuid) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The id a cursor stands for.
///
/// # Errors
/// [`ApiError::BadCursor`] for a text that no page ever gave.
pub fn read_cursor(cursor: &str) -> Result<Uuid, ApiError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(cursor)
        .map_err(|_| ApiError::BadCursor)?;
    match bytes.split_first() {
        Some((&VERSION, id)) => Uuid::from_slice(id).map_err(|_| ApiError::BadCursor),
        _ => Err(ApiError::BadCursor),
    }
}
