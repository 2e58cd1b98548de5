//! The person or program that sent the request, signed in and written down.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{FutureExt, LocalBoxFuture};
use gantry_auth::{Credentials, Principal};
use gantry_telemetry::fields;
use tracing::Span;

use crate::api::Api;
use crate::problem::ApiError;

/// Who sent the request. A handler that takes this answers nobody else; the rest of the request is read after it.
pub struct Caller(Principal);

impl Deref for Caller {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(api) = request.app_data::<Data<Api>>().cloned() else {
            let missing = ApiError::internal("the application has no shared state");
            return std::future::ready(Err(missing)).boxed_local();
        };
        let credentials = credentials(request, api.authenticator.session_cookie_name());
        async move {
            let principal = api.authenticator.authenticate(&credentials).await?;
            let span = Span::current();
            span.record(fields::TENANT_ID, principal.tenant.to_string());
            span.record(fields::USER_ID, principal.user.to_string());
            api.sign_ins.remember(&api.store, &principal).await?;
            Ok(Self(principal))
        }
        .boxed_local()
    }
}

fn credentials(request: &HttpRequest, session_cookie_name: Option<&str>) -> Credentials {
    let headers = request.headers();
    Credentials::from_headers(
        |name| headers.get_all(name).map(|value| value.as_bytes()),
        session_cookie_name,
    )
}
