//! What a handler is given of a request. None of these fails before sign-in was checked: reading happens in the handler.

mod caller;
mod json_body;
mod path_part;
mod query;

pub use caller::Caller;
pub use json_body::JsonBody;
pub use path_part::PathPart;
pub use query::{Query, QueryString};
