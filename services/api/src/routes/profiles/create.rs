//! `POST /api/v1/profiles`: registers a profile for someone who is still to sign up.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_domain::Profile;

use crate::api::Api;
use crate::extractors::{Caller, JsonBody};
use crate::openapi::{BodyProblems, CallProblems, ProfileConflict};
use crate::problem::{ApiError, PeopleError};
use crate::profile_request::{ProfileRequest, read_new};

/// Register a profile for someone who is still to sign up
///
/// It waits for whoever signs up with this address as their verified primary one, becomes that person's then, and never
/// another's.
#[utoipa::path(
    tag = "profiles",
    request_body = ProfileRequest,
    responses(
        CallProblems, BodyProblems, ProfileConflict,
        (
            status = 201, description = "It waits for its person", body = Profile,
            headers(("Location" = String, description = "The profile's path"))
        )
    )
)]
#[post("/api/v1/profiles")]
pub async fn create_profile(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let new = read_new(body.read().await?.value, &api.cohorts)?;
    let created = caller.scope(&api).create_profile(&new).await?;
    let profile = created.ok_or(PeopleError::ProfileEmailTaken)?;
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("/api/v1/profiles/{}", profile.id)))
        .json(profile))
}
