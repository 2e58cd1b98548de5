//! `GET /api/v1/batches/{id}`: one batch.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Batch, BatchId};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{BatchProblems, CallProblems};
use crate::problem::ApiError;

/// Show how far a batch is
///
/// Batches that were handed in with a `callback` are kept as such; their jobs are the parents of that job.
#[utoipa::path(
    tag = "jobs",
    params(("id" = BatchId, Path, description = "The batch")),
    responses(
        CallProblems, BatchProblems,
        (status = 200, description = "The batch", body = Batch)
    )
)]
#[get("/api/v1/batches/{id}")]
pub async fn show_batch(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<Json<Batch>, ApiError> {
    let scope = caller.scope(&api);
    let batch = scope.find_batch(id.batch_id()?).await?;
    batch.map(Json).ok_or(ApiError::BatchNotFound)
}
