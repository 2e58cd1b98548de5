//! `PUT /api/v1/tenants/{tenant_id}/retention`: gives a tenant retention periods of its own.

use actix_web::put;
use actix_web::web::{Data, Json};
use gantry_domain::TenantId;

use crate::api::Api;
use crate::extractors::{Caller, JsonBody, PathPart};
use crate::openapi::{CallProblems, OperatorProblem, RetentionProblems};
use crate::problem::ApiError;
use crate::retention::{self, RetentionDays, RetentionView};

/// Set how long a tenant's finished jobs are kept
///
/// What is past a period is deleted within hours, its logs within two days. For operators.
#[utoipa::path(
    tag = "tenants",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    request_body = RetentionDays,
    responses(
        CallProblems, OperatorProblem, RetentionProblems,
        (status = 200, description = "The tenant's own periods", body = RetentionView)
    )
)]
#[put("/api/v1/tenants/{tenant_id}/retention")]
pub async fn set_tenant_retention(
    api: Data<Api>,
    operator: Caller,
    tenant: PathPart,
    body: JsonBody,
) -> Result<Json<RetentionView>, ApiError> {
    let tenant_id = tenant.tenant_id()?;
    let body = body.read().await?.value;
    Ok(Json(
        retention::set(&api, &operator, tenant_id, body).await?,
    ))
}
