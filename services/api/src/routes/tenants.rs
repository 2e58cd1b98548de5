//! `/api/v1/tenants`.

mod clear_retention;
mod create;
mod delete;
mod list;
mod pause;
mod rename;
mod resume;
mod set_retention;
mod set_tier;
mod show;
mod show_retention;
mod show_tier;

pub use clear_retention::clear_tenant_retention;
pub use create::create_tenant;
pub use delete::delete_tenant;
pub use list::list_tenants;
pub use pause::pause_tenant;
pub use rename::rename_tenant;
pub use resume::resume_tenant;
pub use set_retention::set_tenant_retention;
pub use set_tier::set_tenant_tier;
pub use show::show_tenant;
pub use show_retention::show_tenant_retention;
pub use show_tier::show_tenant_tier;
