//! `DELETE /api/v1/users/me`: lets the caller's account end.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use gantry_domain::AccountDeletion;

use crate::api::Api;
use crate::departures::person_of;
use crate::extractors::Caller;
use crate::openapi::CallProblems;
use crate::problem::ApiError;

/// Let your account end
///
/// After 30 days everything that is yours is removed: your own space with its jobs, logs and results, every tenant in which nobody
/// else ever acted, profiles, memberships and API keys. Jobs that you handed in for others' tenants stay there without your name;
/// such a tenant that you alone own goes to its longest-standing administrator, or else member. For 14 days the wish can be taken
/// back; asking again changes nothing. Afterwards these credentials are of no use here for good.
#[utoipa::path(
    tag = "users",
    responses(
        CallProblems,
        (status = 202, description = "It ends after its grace", body = AccountDeletion)
    )
)]
#[delete("/api/v1/users/me")]
pub async fn delete_caller(api: Data<Api>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let deletion = person_of(&api, &caller).request_deletion().await?;
    Ok(HttpResponse::Accepted().json(deletion))
}
