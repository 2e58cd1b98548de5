//! What no route answers: a path that does not exist, or a method that it does not have.

use actix_web::HttpRequest;
use actix_web::web::Data;

use crate::api::Api;
use crate::problem::ApiError;

/// Tells a wrong method from a wrong path.
pub async fn unmatched(request: HttpRequest, api: Data<Api>) -> Result<&'static str, ApiError> {
    Err(match api.routes.methods_of(request.path()) {
        Some(allowed) => ApiError::MethodNotAllowed { allowed },
        None => ApiError::RouteNotFound,
    })
}
