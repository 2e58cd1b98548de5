//! `GET /api/v1/api-keys`: the keys of the tenant, newest first.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{ApiKeyId, ApiKeySummary};

use crate::api::Api;
use crate::extractors::{Caller, QueryString};
use crate::openapi::{CallProblems, QueryProblems};
use crate::page_request::{PageParameters, PageRequest};
use crate::problem::ApiError;
use crate::rights::{Reach, Right};
use crate::views::Page;

/// List API keys, newest first
///
/// For owners and admins those of the tenant, for others their own; also those that expired or were revoked.
#[utoipa::path(
    tag = "api-keys",
    params(PageParameters),
    responses(
        CallProblems, QueryProblems,
        (status = 200, description = "A page of keys, without their secrets", body = Page<ApiKeySummary>)
    )
)]
#[get("/api/v1/api-keys")]
pub async fn list_api_keys(
    api: Data<Api>,
    caller: Caller,
    query: QueryString,
) -> Result<Json<Page<ApiKeySummary>>, ApiError> {
    let page = PageRequest::read(&query)?;
    let sees_all = caller.reach(Right::ManageKeys) == Reach::All;
    let created_by = (!sees_all).then_some(caller.user);
    let keys = caller
        .scope(&api)
        .list_api_keys(
            created_by,
            page.last(ApiKeyId::from_uuid),
            page.read_limit(),
        )
        .await?;
    Ok(Json(page.cut(keys, |key| key.id.as_uuid())))
}
