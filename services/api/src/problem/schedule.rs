//! Every way a request about schedules can fail beyond those of any request.

use actix_web::http::StatusCode;
use gantry_domain::SCHEDULE_LIMIT_COUNT;

/// Why a request about schedules failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// No such schedule in the caller's tenant.
    #[error("There is no such schedule.")]
    NotFound,
    /// A schedule that someone else of the tenant created.
    #[error("Only who created the schedule, or an owner or admin of the tenant, may do this.")]
    NotTheOwner,
    /// Another schedule has that name.
    #[error("Another schedule of the tenant has this name.")]
    NameTaken,
    /// Someone else changed it between the reading and the writing.
    #[error("Someone else has just changed the schedule; nothing was changed by this request.")]
    Outdated,
    /// As many schedules as a tenant may have.
    #[error("The tenant has {SCHEDULE_LIMIT_COUNT} schedules, as many as it may have.")]
    TooMany,
}

impl ScheduleError {
    /// The status, the code and the title.
    pub(super) fn classify(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "schedule_not_found",
                "There is no such schedule",
            ),
            Self::NotTheOwner => (
                StatusCode::FORBIDDEN,
                "not_the_owner",
                "The schedule is someone else's",
            ),
            Self::NameTaken => (
                StatusCode::CONFLICT,
                "schedule_name_taken",
                "The name is taken",
            ),
            Self::Outdated => (
                StatusCode::CONFLICT,
                "schedule_outdated",
                "The schedule has changed meanwhile",
            ),
            Self::TooMany => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_schedules",
                "There are too many schedules",
            ),
        }
    }
}
