//! `GET /api/v1/profiles`: the tenant's profiles, newest first.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Profile, ProfileId};

use crate::api::Api;
use crate::extractors::{Caller, QueryString};
use crate::openapi::{CallProblems, QueryProblems};
use crate::page_request::{PageParameters, PageRequest};
use crate::problem::ApiError;
use crate::views::Page;

/// List the tenant's profiles, newest first
#[utoipa::path(
    tag = "profiles",
    params(PageParameters),
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
    let page = PageRequest::read(&query)?;
    let profiles = caller
        .scope(&api)
        .list_profiles(page.last(ProfileId::from_uuid), page.read_limit())
        .await?;
    Ok(Json(page.cut(profiles, |profile| profile.id.as_uuid())))
}
