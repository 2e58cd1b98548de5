//! `PATCH /api/v1/profiles/{id}`: changes what a profile says of its person.

use actix_web::patch;
use actix_web::web::{Data, Json};
use gantry_domain::{Profile, ProfileId};

use crate::api::Api;
use crate::extractors::{Caller, JsonBody, PathPart};
use crate::openapi::{BodyProblems, CallProblems, ProfileChangeProblems, ProfileProblems};
use crate::problem::{ApiError, PeopleError};
use crate::profile_request::{ProfileChanges, read_change};

/// Change a profile's name or cohort
///
/// The address stays: who is to have a profile for another one gets a profile of its own.
#[utoipa::path(
    tag = "profiles",
    params(("id" = ProfileId, Path, description = "The profile")),
    request_body = ProfileChanges,
    responses(
        CallProblems, ProfileProblems, BodyProblems, ProfileChangeProblems,
        (status = 200, description = "The profile as it is now", body = Profile)
    )
)]
#[patch("/api/v1/profiles/{id}")]
pub async fn update_profile(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
    body: JsonBody,
) -> Result<Json<Profile>, ApiError> {
    let id = id.profile_id()?;
    let change = read_change(body.read().await?.value, &api.cohorts)?;
    let changed = caller.scope(&api).update_profile(id, &change).await?;
    Ok(Json(changed.ok_or(PeopleError::ProfileNotFound)?))
}
