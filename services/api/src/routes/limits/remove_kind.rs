//! `DELETE /api/v1/limits/kinds/{kind}`: removes the limit of a kind.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use gantry_domain::{KindName, LimitSubject};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::limiting;
use crate::openapi::{CallProblems, LimitRemovalProblems, OperatorProblem};
use crate::problem::ApiError;

/// Remove the limit of a kind
///
/// Its jobs run as the limits of their tenants allow. For operators.
#[utoipa::path(
    tag = "limits",
    params(("kind" = KindName, Path, description = "The kind")),
    responses(
        CallProblems, OperatorProblem, LimitRemovalProblems,
        (status = 204, description = "It is removed")
    )
)]
#[delete("/api/v1/limits/kinds/{kind}")]
pub async fn remove_kind_limit(
    api: Data<Api>,
    operator: Caller,
    kind: PathPart,
) -> Result<HttpResponse, ApiError> {
    limiting::remove(&api, &operator, LimitSubject::Kind(kind.kind_name()?)).await?;
    Ok(HttpResponse::NoContent().finish())
}
