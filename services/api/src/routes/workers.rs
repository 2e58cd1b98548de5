//! `/api/v1/workers`.

mod enroll;
mod list;
mod list_invitations;
mod list_machines;
mod mint;
mod renew;
mod revoke;
mod withdraw;

pub use enroll::enroll_worker;
pub use list::list_workers;
pub use list_invitations::list_enrol_tokens;
pub use list_machines::list_worker_tokens;
pub use mint::mint_enrol_token;
pub use renew::renew_worker_token;
pub use revoke::revoke_worker_token;
pub use withdraw::withdraw_enrol_token;
