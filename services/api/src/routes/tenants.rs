//! `/api/v1/tenants`.

mod pause;
mod resume;

pub use pause::pause_tenant;
pub use resume::resume_tenant;
