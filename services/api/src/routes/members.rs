//! `/api/v1/tenants/{tenant_id}/members`.

mod add;
mod change_role;
mod list;
mod remove;

pub use add::add_member;
pub use change_role::change_member_role;
pub use list::list_members;
pub use remove::remove_member;
