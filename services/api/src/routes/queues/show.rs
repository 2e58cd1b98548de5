//! `GET /api/v1/queues/{queue}`: one queue.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{QueueName, QueueStatus};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, QueueProblem};
use crate::problem::{ApiError, ControlError};
use crate::queue_overview::queues;

/// Show a queue with what waits and runs in it
///
/// Operators see the jobs of all tenants counted, and the rates; others the jobs of their own tenant.
#[utoipa::path(
    tag = "queues",
    params(("queue" = QueueName, Path, description = "The queue")),
    responses(
        CallProblems, QueueProblem,
        (status = 200, description = "The queue", body = QueueStatus)
    )
)]
#[get("/api/v1/queues/{queue}")]
pub async fn show_queue(
    api: Data<Api>,
    caller: Caller,
    queue: PathPart,
) -> Result<Json<QueueStatus>, ApiError> {
    let name = queue.queue_name()?;
    let queue = queues(&api, &caller, Some(&name)).await?.pop();
    Ok(queue.map(Json).ok_or(ControlError::QueueNotFound)?)
}
