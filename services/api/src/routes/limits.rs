//! `/api/v1/limits`.

mod list;
mod remove_kind;
mod remove_tenant;
mod set_kind;
mod set_tenant;

pub use list::list_limits;
pub use remove_kind::remove_kind_limit;
pub use remove_tenant::remove_tenant_limit;
pub use set_kind::set_kind_limit;
pub use set_tenant::set_tenant_limit;
