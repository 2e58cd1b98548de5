//! `POST /api/v1/users/me/deletion/cancel`: lets the caller's account go on after all.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_store::DeletionReturn;

use crate::api::Api;
use crate::departures::person_of;
use crate::extractors::Caller;
use crate::openapi::{CallProblems, DeletionConflict, DeletionProblem};
use crate::problem::{ApiError, PeopleError};

/// Let your account go on after all
#[utoipa::path(
    tag = "users",
    responses(
        CallProblems, DeletionProblem, DeletionConflict,
        (status = 204, description = "It goes on")
    )
)]
#[post("/api/v1/users/me/deletion/cancel")]
pub async fn cancel_account_deletion(
    api: Data<Api>,
    caller: Caller,
) -> Result<HttpResponse, ApiError> {
    match person_of(&api, &caller).cancel_deletion().await? {
        DeletionReturn::Returned => Ok(HttpResponse::NoContent().finish()),
        DeletionReturn::TooLate => Err(PeopleError::DeletionNotCancellable.into()),
        DeletionReturn::NotRequested => Err(PeopleError::DeletionNotRequested.into()),
    }
}
