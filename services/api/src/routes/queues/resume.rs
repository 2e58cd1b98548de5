//! `POST /api/v1/queues/{queue}/resume`: lets the jobs of a queue go on.

use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_domain::{PauseSubject, QueueName};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, OperatorProblem, QueueProblem};
use crate::pausing;
use crate::problem::ApiError;
use crate::views::ResumeView;

/// Resume a queue
///
/// Workers are told of the jobs that wait the longest at once, and of the others within seconds. What is not paused stays
/// so. For operators.
#[utoipa::path(
    tag = "queues",
    params(("queue" = QueueName, Path, description = "The queue")),
    responses(
        CallProblems, OperatorProblem, QueueProblem,
        (status = 200, description = "It is not paused any more", body = ResumeView)
    )
)]
#[post("/api/v1/queues/{queue}/resume")]
pub async fn resume_queue(
    api: Data<Api>,
    operator: Caller,
    queue: PathPart,
) -> Result<Json<ResumeView>, ApiError> {
    let subject = PauseSubject::Queue(queue.queue_name()?);
    Ok(Json(pausing::resume(&api, &operator, subject).await?))
}
