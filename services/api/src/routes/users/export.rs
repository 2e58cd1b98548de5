//! `GET /api/v1/users/me/export`: asks for an archive of everything that is the caller's.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use gantry_auth::Principal;
use gantry_crash_points::{CrashPoint, reach};

use crate::api::Api;
use crate::departures::{own_space_of, person_of};
use crate::extractors::Caller;
use crate::openapi::CallProblems;
use crate::problem::ApiError;
use crate::views::ExportView;

/// Ask for an archive of everything that is yours
///
/// A job gathers it: the account, profiles, memberships, API keys without their secrets, schedules, what the audit log says that
/// you and your keys did, jobs, and their logs, from every tenant that you may enter, of organizations those whose membership is
/// known and the one in which you ask. Of jobs and schedules in other tenants it tells only that you made them. Asking again
/// within an hour gives the same one. It is kept for as long as results of jobs are.
#[utoipa::path(
    tag = "users",
    responses(
        CallProblems,
        (
            status = 202, description = "It is gathered", body = ExportView,
            headers(("Location" = String, description = "Where the archive is to be had"))
        )
    )
)]
#[get("/api/v1/users/me/export")]
pub async fn export_caller(api: Data<Api>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let own_space = own_space_of(&caller);
    let alone = Principal::clone(&caller).in_tenant(own_space);
    api.sign_ins.remember(&api.store, &alone).await?;
    let asked = person_of(&api, &caller)
        .ask_for_export(caller.tenant)
        .await?;
    reach(CrashPoint::ExportCommitted);
    api.doorbells.ring(asked.doorbells);
    let path = format!("/api/v1/users/me/exports/{}", asked.job_id);
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, path.clone()))
        .json(ExportView {
            id: asked.job_id,
            tenant_id: own_space,
            archive: path,
        }))
}
