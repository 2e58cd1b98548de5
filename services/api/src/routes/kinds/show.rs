//! `GET /api/v1/kinds/{name}`: one kind.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Kind, KindName};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, KindProblem};
use crate::problem::ApiError;

/// Show a kind with its payload schema
#[utoipa::path(
    tag = "kinds",
    params(("name" = KindName, Path, description = "The kind, for instance `qe.relax.v1`")),
    responses(
        CallProblems, KindProblem,
        (status = 200, description = "The kind", body = Kind)
    )
)]
#[get("/api/v1/kinds/{name}")]
pub async fn show_kind(
    api: Data<Api>,
    _caller: Caller,
    name: PathPart,
) -> Result<Json<Kind>, ApiError> {
    let name = name.kind_name()?;
    let kinds = api.store.kinds().await?;
    let kind = kinds.into_iter().find(|kind| kind.declaration.name == name);
    kind.map(Json).ok_or(ApiError::KindNotFound)
}
