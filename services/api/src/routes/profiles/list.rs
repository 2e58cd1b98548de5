//! `GET /api/v1/profiles`: the tenant's profiles, newest first.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Profile, ProfileId};
use utoipa::IntoParams;

use crate::api::Api;
use crate::extractors::{Caller, QueryString};
use crate::openapi::{CallProblems, QueryProblems};
use crate::page_cursor::{cursor_after, read_cursor};
use crate::problem::ApiError;
use crate::views::Page;

/// Which profiles to list.
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

/// List the tenant's profiles, newest first
#[utoipa::path(
    tag = "profiles",
    params(ListParameters),
    responses(
        CallProblems, QueryProblems,
        (status = 200, description = "A page of profiles", body = Page<Profile>)
    )
)]
#[get("/api/v1/profiles")]
pub async fn list_profiles(
    api: Data<Api>,
    caller: Caller,
    query: QueryString,
) -> Result<Json<Page<Profile>>, ApiError> {
    let (cursor, limit) = query.read(|query| (query.text("cursor"), query.page_limit()))?;
    let before = cursor.as_deref().map(read_cursor).transpose()?;
    let profiles = caller
        .scope(&api)
        .list_profiles(before.map(ProfileId::from_uuid), limit + 1)
        .await?;
    Ok(Json(Page::cut(profiles, limit, |profile| {
        cursor_after(profile.id.as_uuid())
    })))
}
