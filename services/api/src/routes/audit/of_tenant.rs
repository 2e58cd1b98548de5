//! `GET /api/v1/audit`: who did what in the tenant.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::AuditEvent;

use super::parameters::{AuditPage, AuditParameters};
use crate::api::Api;
use crate::extractors::{Caller, QueryString};
use crate::openapi::{CallProblems, QueryProblems};
use crate::problem::ApiError;
use crate::views::Page;

/// Read who did what in the tenant, newest first
///
/// For owners and admins. Entries cannot be changed or removed. Reading is an entry too.
#[utoipa::path(
    tag = "audit",
    params(AuditParameters),
    responses(
        CallProblems, QueryProblems,
        (status = 200, description = "A page of entries", body = Page<AuditEvent>)
    )
)]
#[get("/api/v1/audit")]
pub async fn read_audit(
    api: Data<Api>,
    caller: Caller,
    query: QueryString,
) -> Result<Json<Page<AuditEvent>>, ApiError> {
    let page = AuditPage::read(&query)?;
    let scope = caller.scope(&api);
    let events = scope.read_audit(&page.filter, page.before, page.limit + 1);
    Ok(Json(page.cut(events.await?)))
}
