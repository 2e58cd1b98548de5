//! `DELETE /api/v1/profiles/{id}`: deletes a profile.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use gantry_domain::ProfileId;

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, ProfileProblems};
use crate::problem::{ApiError, PeopleError};

/// Delete a profile
///
/// The person, if it is somebody's, stays what they are.
#[utoipa::path(
    tag = "profiles",
    params(("id" = ProfileId, Path, description = "The profile")),
    responses(
        CallProblems, ProfileProblems,
        (status = 204, description = "It is gone")
    )
)]
#[delete("/api/v1/profiles/{id}")]
pub async fn delete_profile(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<HttpResponse, ApiError> {
    let id = id.profile_id()?;
    if !caller.scope(&api).delete_profile(id).await? {
        return Err(PeopleError::ProfileNotFound.into());
    }
    Ok(HttpResponse::NoContent().finish())
}
