//! `/api/v1/audit` and `/api/v1/installation/audit`.

mod of_installation;
mod of_tenant;
mod parameters;

pub use of_installation::read_installation_audit;
pub use of_tenant::read_audit;
