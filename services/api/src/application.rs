//! Puts the application of one server thread together: shared state, layers and routes.

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, Error};
use sentry_actix::Sentry;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;

use crate::api::Api;
use crate::middleware::{
    ProcessRuntime, catch_panics, on_process_runtime, request_context, startup_gate,
};
use crate::request_rates::RATE_LIMIT_HEADERS;
use crate::{openapi, routes};

/// How long a browser may remember what it was told about other origins, in seconds.
const PREFLIGHT_SECONDS: usize = 3_600;

/// What every server thread's application is made from.
#[derive(Clone)]
pub struct Blueprint {
    /// What all requests share.
    pub api: Data<Api>,
    /// The OpenAPI document as JSON.
    pub document: Data<DocumentText>,
    /// The runtime that lives as long as the process.
    pub runtime: Data<ProcessRuntime>,
    /// The browser origins that may call the API.
    pub allowed_origins: Vec<String>,
    /// For how long browsers are told to come by HTTPS only.
    pub hsts_seconds: Option<u32>,
    /// Whether errors are reported.
    pub reports_errors: bool,
}

/// The OpenAPI document as JSON, written once.
pub struct DocumentText(pub Bytes);

impl DocumentText {
    /// The document as its readers get it.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn of(document: &OpenApi) -> Result<Self, serde_json::Error> {
        Ok(Self(serde_json::to_vec(document)?.into()))
    }
}

/// The OpenAPI document of all routes.
pub fn document() -> OpenApi {
    let (_, document) = App::new()
        .into_utoipa_app()
        .openapi(openapi::frame())
        .configure(routes::describe)
        .split_for_parts();
    document
}

/// The application of one server thread. The layer that is wrapped last sees a request first.
pub fn application(
    blueprint: &Blueprint,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .app_data(blueprint.api.clone())
        .app_data(blueprint.document.clone())
        .app_data(blueprint.runtime.clone())
        .configure(routes::serve)
        .configure(routes::docs_page)
        .default_service(web::to(routes::unmatched))
        .wrap(from_fn(startup_gate))
        .wrap(from_fn(catch_panics))
        .wrap(cors(&blueprint.allowed_origins))
        .wrap(from_fn(on_process_runtime))
        .wrap(from_fn(request_context))
        .wrap(https_only(blueprint.hsts_seconds))
        .wrap(Condition::new(blueprint.reports_errors, request_reports()))
}

/// Tells browsers to come by HTTPS only, where the operator says that they can.
fn https_only(seconds: Option<u32>) -> DefaultHeaders {
    seconds.map_or_else(DefaultHeaders::new, |seconds| {
        let value = format!("max-age={seconds}");
        DefaultHeaders::new().add((header::STRICT_TRANSPORT_SECURITY, value))
    })
}

/// Tells error reports which request they belong to. The errors themselves are reported where they are logged, once.
fn request_reports() -> Sentry {
    Sentry::builder().capture_server_errors(false).finish()
}

/// Without origins in the settings no browser page of another origin may call the API.
fn cors(allowed_origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allow_any_method()
        .allow_any_header()
        .expose_headers([
            header::LOCATION,
            header::RETRY_AFTER,
            header::HeaderName::from_static("x-request-id"),
            header::HeaderName::from_static("idempotency-replayed"),
        ])
        .expose_headers(RATE_LIMIT_HEADERS)
        .block_on_origin_mismatch(false)
        .max_age(PREFLIGHT_SECONDS);
    allowed_origins
        .iter()
        .fold(cors, |cors, origin| cors.allowed_origin(origin))
}
