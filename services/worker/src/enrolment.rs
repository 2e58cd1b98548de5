//! A machine of a tenant's own: let in by an enrol token, at work with a worker token that it renews, out when that ends.

mod api;
mod credentials;
mod enroll;
mod keeper;

pub use credentials::{Credentials, CredentialsError};
pub use enroll::{EnrollError, enroll};
pub(crate) use keeper::{EndedToken, TokenKeeper};
