//! `GET /api/v1/api-keys`: the keys of the tenant, newest first.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{ApiKeyId, ApiKeySummary};
use utoipa::IntoParams;

use crate::api::Api;
use crate::extractors::{Caller, QueryString};
use crate::openapi::{CallProblems, QueryProblems};
use crate::page_cursor::{cursor_after, read_cursor};
use crate::problem::ApiError;
use crate::rights::{Reach, Right};
use crate::views::Page;

/// Which keys to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "documents the parameters, which are read one by one"
)]
struct ListParameters {
    /// How many to list; 50 unless given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List API keys, newest first
///
/// For owners and admins those of the tenant, for others their own; also those that expired or were revoked.
#[utoipa::path(
    tag = "api-keys",
    params(ListParameters),
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
    let (cursor, limit) = query.read(|query| (query.text("cursor"), query.page_limit()))?;
    let before = cursor.as_deref().map(read_cursor).transpose()?;
    let sees_all = caller.reach(Right::ManageKeys) == Reach::All;
    let created_by = (!sees_all).then_some(caller.user);
    let keys = caller
        .scope(&api)
        .list_api_keys(created_by, before.map(ApiKeyId::from_uuid), limit + 1)
        .await?;
    Ok(Json(Page::cut(keys, limit, |key| {
        cursor_after(key.id.as_uuid())
    })))
}
