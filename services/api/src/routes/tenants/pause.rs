//! `POST /api/v1/tenants/{tenant_id}/pause`: holds back the jobs of a tenant.

use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_domain::{PauseSubject, TenantId};

use crate::api::Api;
use crate::extractors::{Caller, JsonBody, PathPart};
use crate::openapi::{CallProblems, OperatorProblem, PauseProblems, TenantProblems};
use crate::pause_request::PauseRequest;
use crate::pausing;
use crate::problem::ApiError;
use crate::views::PauseView;

/// Pause a tenant
///
/// Its jobs wait until it is resumed. Jobs that run go on, or are told to end, as asked; one whose claim is under way
/// at this moment counts as running. Pausing again changes nothing but the reason, if one is given. For operators.
#[utoipa::path(
    tag = "tenants",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    request_body = PauseRequest,
    responses(
        CallProblems, OperatorProblem, PauseProblems, TenantProblems,
        (status = 200, description = "The pause", body = PauseView)
    )
)]
#[post("/api/v1/tenants/{tenant_id}/pause")]
pub async fn pause_tenant(
    api: Data<Api>,
    operator: Caller,
    tenant: PathPart,
    body: JsonBody,
) -> Result<Json<PauseView>, ApiError> {
    let subject = PauseSubject::Tenant(tenant.tenant_id()?);
    Ok(Json(pausing::pause(&api, &operator, subject, body).await?))
}
