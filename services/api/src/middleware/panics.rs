//! A panic in a handler becomes a 500 for that request and nothing else.

use std::panic::AssertUnwindSafe;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use futures_util::FutureExt;

use crate::problem::ApiError;

/// Turns a panic of the handler into an internal error. The panic itself was reported by the panic hook.
pub async fn catch_panics<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    // Shared state is only behind locks that tolerate a panic, so going on is safe.
    AssertUnwindSafe(next.call(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(ApiError::internal("a handler panicked").into()))
}

#[cfg(test)]
mod tests {
    //! No route panics on purpose, so this is tried on one that is made for it.

    use actix_web::body::to_bytes;
    use actix_web::http::StatusCode;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, try_call_service};
    use actix_web::{App, HttpResponse, web};
    use serde_json::Value;

    use super::catch_panics;
    use crate::middleware::request_context;

    async fn panics() -> HttpResponse {
        panic!("the password is hunter2")
    }

    #[actix_web::test]
    async fn a_panic_is_a_problem_of_its_own_request_and_the_next_one_is_answered() {
        let application = App::new()
            .route("/panics", web::get().to(panics))
            .route("/fine", web::get().to(HttpResponse::Ok))
            .wrap(from_fn(catch_panics))
            .wrap(from_fn(request_context));
        let application = init_service(application).await;

        let request = TestRequest::get()
            .uri("/panics")
            .insert_header(("X-Request-Id", "r-1"));
        let error = try_call_service(&application, request.to_request())
            .await
            .expect_err("a layer answers in place of the handler");
        let answer = error.error_response();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers().get("x-request-id").unwrap(), "r-1");
        let text = to_bytes(answer.into_body()).await.unwrap();
        let problem: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(problem["code"], "internal");
        assert_eq!(problem["request_id"], "r-1");
        assert!(!problem.to_string().contains("hunter2"));

        let request = TestRequest::get().uri("/fine").to_request();
        let answer = call_service(&application, request).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
}
