//! `/api/v1/profiles`.

mod create;
mod delete;
mod list;
mod show;
mod update;

pub use create::create_profile;
pub use delete::delete_profile;
pub use list::list_profiles;
pub use show::show_profile;
pub use update::update_profile;
