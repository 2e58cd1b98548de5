//! `/api/v1/tenants`.

mod clear_retention;
mod pause;
mod resume;
mod set_retention;
mod show_retention;

pub use clear_retention::clear_tenant_retention;
pub use pause::pause_tenant;
pub use resume::resume_tenant;
pub use set_retention::set_tenant_retention;
pub use show_retention::show_tenant_retention;
