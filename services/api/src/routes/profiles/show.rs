//! `GET /api/v1/profiles/{id}`: one profile.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Profile, ProfileId};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, ProfileProblems};
use crate::problem::{ApiError, PeopleError};

/// Show a profile
#[utoipa::path(
    tag = "profiles",
    params(("id" = ProfileId, Path, description = "The profile")),
    responses(
        CallProblems, ProfileProblems,
        (status = 200, description = "The profile", body = Profile)
    )
)]
#[get("/api/v1/profiles/{id}")]
pub async fn show_profile(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<Json<Profile>, ApiError> {
    let found = caller.scope(&api).find_profile(id.profile_id()?).await?;
    Ok(Json(found.ok_or(PeopleError::ProfileNotFound)?))
}
