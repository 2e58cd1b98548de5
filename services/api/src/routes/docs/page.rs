//! `GET /docs`: Swagger UI over the OpenAPI document, from files compiled in.

use actix_web::dev::HttpServiceFactory;
use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, Redirect, ServiceConfig};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Only what this process serves; the page styles itself inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Registers the page and the shorter paths that lead to it.
pub fn docs_page(routes: &mut ServiceConfig) {
    for path in ["/docs", "/api/v1/docs"] {
        routes.service(Redirect::new(path, "/docs/"));
    }
    routes.service(page());
}

fn page() -> impl HttpServiceFactory {
    let config = Config::from("/api/v1/openapi.json").validator_url("none");
    web::scope("/docs")
        .wrap(DefaultHeaders::new().add((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)))
        .service(SwaggerUi::new("/{_:.*}").config(config))
}
