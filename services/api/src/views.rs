//! What answers look like, where they are not the domain's own words.

mod export;
mod health;
mod job;
mod page;
mod pause;
mod structure;
mod user;
mod webhook;
mod why;

pub use export::ExportView;
pub use health::{HealthStatus, HealthView, PartStatus, PartView, PartsView};
pub use job::accepted_job;
pub use page::{BatchView, BulkView, Page};
pub use pause::{PauseView, ResumeView};
pub use structure::ParseView;
pub use user::UserView;
pub use webhook::{WebhookOutcome, WebhookView};
pub use why::{ExplanationView, WhyView};
