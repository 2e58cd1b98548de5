//! `PUT /api/v1/limits/kinds/{kind}`: limits how many jobs of a kind run at a time.

use actix_web::put;
use actix_web::web::{Data, Json};
use gantry_domain::{ConcurrencyLimit, KindName, LimitSubject};

use crate::api::Api;
use crate::extractors::{Caller, JsonBody, PathPart};
use crate::limiting::{self, LimitRequest};
use crate::openapi::{CallProblems, LimitProblems, OperatorProblem};
use crate::problem::ApiError;

/// Limit how many jobs of a kind run at a time
///
/// The limit counts the jobs of all tenants together. What runs already runs on, and what waits for room is in nobody
/// else's way. For operators.
#[utoipa::path(
    tag = "limits",
    params(("kind" = KindName, Path, description = "The kind")),
    request_body = LimitRequest,
    responses(
        CallProblems, OperatorProblem, LimitProblems,
        (status = 200, description = "The limit", body = ConcurrencyLimit)
    )
)]
#[put("/api/v1/limits/kinds/{kind}")]
pub async fn set_kind_limit(
    api: Data<Api>,
    operator: Caller,
    kind: PathPart,
    body: JsonBody,
) -> Result<Json<ConcurrencyLimit>, ApiError> {
    let subject = LimitSubject::Kind(kind.kind_name()?);
    Ok(Json(limiting::set(&api, &operator, subject, body).await?))
}
