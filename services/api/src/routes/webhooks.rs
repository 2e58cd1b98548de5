//! `/api/v1/webhooks`.

mod receive;

pub use receive::{receive_unversioned_webhook, receive_webhook};
