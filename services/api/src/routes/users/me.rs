//! `GET /api/v1/users/me`: who the caller is.

use actix_web::get;
use actix_web::web::Json;

use crate::extractors::Caller;
use crate::openapi::CallProblems;
use crate::views::UserView;

/// Show who the caller is
#[utoipa::path(
    tag = "users",
    responses(
        CallProblems,
        (status = 200, description = "The caller", body = UserView)
    )
)]
#[get("/api/v1/users/me")]
pub async fn show_caller(caller: Caller) -> Json<UserView> {
    Json(UserView::from(&*caller))
}
