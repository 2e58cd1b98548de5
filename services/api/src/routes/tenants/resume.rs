//! `POST /api/v1/tenants/{tenant_id}/resume`: lets the jobs of a tenant go on.

use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_domain::{PauseSubject, TenantId};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, IdProblem, OperatorProblem};
use crate::pausing;
use crate::problem::ApiError;
use crate::views::ResumeView;

/// Resume a tenant
///
/// Workers are told of the jobs that wait the longest at once, and of the others within seconds. What is not paused stays
/// so. For operators.
#[utoipa::path(
    tag = "tenants",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    responses(
        CallProblems, OperatorProblem, IdProblem,
        (status = 200, description = "It is not paused any more", body = ResumeView)
    )
)]
#[post("/api/v1/tenants/{tenant_id}/resume")]
pub async fn resume_tenant(
    api: Data<Api>,
    operator: Caller,
    tenant: PathPart,
) -> Result<Json<ResumeView>, ApiError> {
    let subject = PauseSubject::Tenant(tenant.tenant_id()?);
    Ok(Json(pausing::resume(&api, &operator, subject).await?))
}
