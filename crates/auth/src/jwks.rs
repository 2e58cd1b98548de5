//! The issuer's published keys: fetched, understood, kept fresh, and never fetched more often than is good for the issuer.

mod budget;
mod cache;
mod fetch;
mod key;
mod pinned;
mod source;

pub use budget::{RENEWAL_BURST, RENEWAL_INTERVAL};
pub use cache::{FAILED_FETCH_PAUSE, KEY_SET_FRESH_FOR, KEY_SET_USABLE_FOR};
pub use fetch::{DOCUMENT_LIMIT_BYTES, FETCH_TIMEOUT};

pub(crate) use cache::{KeySetCache, RenewalCause};
#[cfg(feature = "auth-clerk")]
pub(crate) use fetch::{FetchError, read_limited};
pub(crate) use key::KeySet;
pub(crate) use source::KeySetSource;
