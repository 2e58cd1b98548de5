//! `POST /api/v1/users/{user_id}/resume`: lets the jobs of a person go on.

use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_domain::{PauseSubject, UserId};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, IdProblem, OperatorProblem};
use crate::pausing;
use crate::problem::ApiError;
use crate::views::ResumeView;

/// Resume a person
///
/// Workers are told of the jobs that wait the longest at once, and of the others within seconds. What is not paused stays
/// so. For operators.
#[utoipa::path(
    tag = "users",
    params(("user_id" = UserId, Path, description = "The person's id")),
    responses(
        CallProblems, OperatorProblem, IdProblem,
        (status = 200, description = "It is not paused any more", body = ResumeView)
    )
)]
#[post("/api/v1/users/{user_id}/resume")]
pub async fn resume_user(
    api: Data<Api>,
    operator: Caller,
    user: PathPart,
) -> Result<Json<ResumeView>, ApiError> {
    let subject = PauseSubject::User(user.user_id()?);
    Ok(Json(pausing::resume(&api, &operator, subject).await?))
}
