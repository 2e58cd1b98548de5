//! `POST /api/v1/queues/{queue}/pause`: holds back the jobs of a queue.

use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_domain::{PauseSubject, QueueName};

use crate::api::Api;
use crate::extractors::{Caller, JsonBody, PathPart};
use crate::openapi::{CallProblems, OperatorProblem, PauseProblems, QueueProblem};
use crate::pause_request::PauseRequest;
use crate::pausing;
use crate::problem::ApiError;
use crate::views::PauseView;

/// Pause a queue
///
/// Its jobs wait until it is resumed. Jobs that run go on, or are told to end, as asked; one whose claim is under way
/// at this moment counts as running. Pausing again changes nothing but the reason, if one is given. For operators.
#[utoipa::path(
    tag = "queues",
    params(("queue" = QueueName, Path, description = "The queue")),
    request_body = PauseRequest,
    responses(
        CallProblems, OperatorProblem, PauseProblems, QueueProblem,
        (status = 200, description = "The pause", body = PauseView)
    )
)]
#[post("/api/v1/queues/{queue}/pause")]
pub async fn pause_queue(
    api: Data<Api>,
    operator: Caller,
    queue: PathPart,
    body: JsonBody,
) -> Result<Json<PauseView>, ApiError> {
    let subject = PauseSubject::Queue(queue.queue_name()?);
    Ok(Json(pausing::pause(&api, &operator, subject, body).await?))
}
