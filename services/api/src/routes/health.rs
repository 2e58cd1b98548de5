//! `/api/v1/health`.

mod show;

pub use show::show_health;
