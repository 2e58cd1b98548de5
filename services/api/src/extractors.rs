//! What a handler is given of a request, to be read by the handler, so that nothing fails before sign-in was checked.

mod caller;
mod idempotency_header;
mod json_body;
mod path_part;
mod query;
mod raw_body;

pub use caller::{Caller, origin_of};
pub use idempotency_header::{IDEMPOTENCY_REPLAYED, IdempotencyHeader, RequestIdentity};
pub use json_body::JsonBody;
pub use path_part::PathPart;
pub use query::{Query, QueryString};
pub use raw_body::RawBody;
