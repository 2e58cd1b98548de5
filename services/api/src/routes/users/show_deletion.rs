//! `GET /api/v1/users/me/deletion`: whether and when the caller's account ends.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::AccountDeletion;

use crate::api::Api;
use crate::departures::person_of;
use crate::extractors::Caller;
use crate::openapi::{CallProblems, DeletionProblem};
use crate::problem::{ApiError, PeopleError};

/// Show when your account ends
#[utoipa::path(
    tag = "users",
    responses(
        CallProblems, DeletionProblem,
        (status = 200, description = "It ends", body = AccountDeletion)
    )
)]
#[get("/api/v1/users/me/deletion")]
pub async fn show_account_deletion(
    api: Data<Api>,
    caller: Caller,
) -> Result<Json<AccountDeletion>, ApiError> {
    let found = person_of(&api, &caller).find_deletion().await?;
    Ok(Json(found.ok_or(PeopleError::DeletionNotRequested)?))
}
