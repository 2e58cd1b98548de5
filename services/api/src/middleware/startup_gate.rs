//! Until Postgres was found fit for use, only questions about the process itself are answered.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::api::Api;
use crate::problem::ApiError;
use crate::routes;

/// Answers 503 until the start is complete, except for the public routes.
pub async fn startup_gate<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let is_open = request
        .app_data::<Data<Api>>()
        .is_some_and(|api| api.startup.is_complete())
        || routes::is_public(request.path());
    if is_open {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    Ok(request
        .error_response(ApiError::Starting)
        .map_into_right_body())
}
