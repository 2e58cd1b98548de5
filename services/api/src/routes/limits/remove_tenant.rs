//! `DELETE /api/v1/limits/tenants/{tenant}`: removes the limit of a tenant.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::limiting;
use crate::openapi::{CallProblems, LimitRemovalProblems, OperatorProblem};
use crate::problem::ApiError;

/// Remove the limit of a tenant
///
/// A tenant that loses its own limit has that of `default`, if there is one. For operators.
#[utoipa::path(
    tag = "limits",
    params(("tenant" = String, Path, description = "The tenant's id, or `default` for each tenant without a limit of its own")),
    responses(
        CallProblems, OperatorProblem, LimitRemovalProblems,
        (status = 204, description = "It is removed")
    )
)]
#[delete("/api/v1/limits/tenants/{tenant}")]
pub async fn remove_tenant_limit(
    api: Data<Api>,
    operator: Caller,
    tenant: PathPart,
) -> Result<HttpResponse, ApiError> {
    limiting::remove(&api, &operator, tenant.limited_tenant()?).await?;
    Ok(HttpResponse::NoContent().finish())
}
