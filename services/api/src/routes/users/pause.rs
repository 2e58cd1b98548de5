//! `POST /api/v1/users/{user_id}/pause`: holds back the jobs of a person.

use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_domain::{PauseSubject, UserId};

use crate::api::Api;
use crate::extractors::{Caller, JsonBody, PathPart};
use crate::openapi::{CallProblems, OperatorProblem, PauseProblems, UserProblems};
use crate::pause_request::PauseRequest;
use crate::pausing;
use crate::problem::ApiError;
use crate::views::PauseView;

/// Pause a person
///
/// The jobs they submitted, in whatever tenant, wait until they are resumed. Jobs that run go on, or are told to end, as asked; one whose claim is under way
/// at this moment counts as running. Pausing again changes nothing but the reason, if one is given. For operators.
#[utoipa::path(
    tag = "users",
    params(("user_id" = UserId, Path, description = "The person's id")),
    request_body = PauseRequest,
    responses(
        CallProblems, OperatorProblem, PauseProblems, UserProblems,
        (status = 200, description = "The pause", body = PauseView)
    )
)]
#[post("/api/v1/users/{user_id}/pause")]
pub async fn pause_user(
    api: Data<Api>,
    operator: Caller,
    user: PathPart,
    body: JsonBody,
) -> Result<Json<PauseView>, ApiError> {
    let subject = PauseSubject::User(user.user_id()?);
    Ok(Json(pausing::pause(&api, &operator, subject, body).await?))
}
