//! `/api/v1/api-keys`.

mod create;
mod list;
mod revoke;
mod show;

pub use create::create_api_key;
pub use list::list_api_keys;
pub use revoke::revoke_api_key;
pub use show::show_api_key;
