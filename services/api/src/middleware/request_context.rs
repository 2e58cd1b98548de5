//! The outermost layer: request id, trace, problem documents and the headers that every answer carries.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use gantry_telemetry::{continue_trace, fields, trace_id_of_current_span};
use tracing::{Instrument, Span, field};
use uuid::Uuid;

use crate::api::Api;
use crate::client_address::client_address;
use crate::problem::{ApiError, PROBLEM_JSON};
use crate::request_rates::tell_rate_limit;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: &str = "traceparent";
/// How long a request id of the caller may be; a longer one is replaced.
const REQUEST_ID_LIMIT_BYTES: usize = 128;

/// What every answer says unless the handler says otherwise.
const EVERY_ANSWER: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// The id of the request, for whoever writes about it.
pub struct RequestId(pub String);

/// Gives the request its id and its span, and finishes the answer, whatever came of it.
pub async fn request_context(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let request_id = request_id(request.headers());
    let is_stopping = request
        .app_data::<Data<Api>>()
        .is_some_and(|api| api.stopping.is_cancelled());
    let span = span_of(&request, &request_id);
    request
        .extensions_mut()
        .insert(RequestId(request_id.clone()));
    answer(request, next, request_id, is_stopping)
        .instrument(span)
        .await
}

async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    request_id: String,
    is_stopping: bool,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began_at = Instant::now();
    let mut answer = match next.call(request).await {
        Ok(answer) => {
            let answer = answer.map_into_boxed_body();
            match problem_of(answer.response()) {
                Some(problem) => with_problem(answer, &problem, &request_id),
                None => answer,
            }
        }
        Err(error) => {
            let mut response = problem_of(&error.error_response())
                .unwrap_or_else(|| ApiError::internal(&error))
                .document(&request_id);
            finish(&mut response, &request_id, is_stopping);
            return Err(InternalError::from_response(error, response).into());
        }
    };
    let route = answer.request().match_pattern();
    Span::current().record("http.route", route.as_deref().unwrap_or("none"));
    Span::current().record("http.response.status_code", answer.status().as_u16());
    tracing::debug!(elapsed = ?began_at.elapsed(), status = answer.status().as_u16(), "request answered");
    let request = answer.request().clone();
    tell_rate_limit(&request, answer.headers_mut());
    finish(answer.response_mut(), &request_id, is_stopping);
    Ok(answer)
}

/// The error behind an answer. One of the framework itself is told by its status; it never comes as JSON.
fn problem_of<B>(response: &HttpResponse<B>) -> Option<ApiError> {
    if let Some(error) = response.extensions().get::<ApiError>() {
        return Some(error.clone());
    }
    let status = response.status();
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let is_error = status.is_client_error() || status.is_server_error();
    (is_error && !is_json).then_some(match status {
        StatusCode::NOT_FOUND => ApiError::RouteNotFound,
        _ => ApiError::Framework(status),
    })
}

/// The answer with the problem document in place of its body; its headers stay.
fn with_problem(answer: ServiceResponse, error: &ApiError, request_id: &str) -> ServiceResponse {
    let document = error.document(request_id);
    let mut answer = answer.map_body(|_, _| document.into_body());
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    answer
}

impl ApiError {
    /// The answer for the caller, and a line in the log where an operator should know.
    fn document(&self, request_id: &str) -> HttpResponse {
        let problem = self.problem(request_id, trace_id_of_current_span());
        let (status, code) = (problem.status, problem.code);
        match self.cause() {
            Some(cause) if status >= 500 => {
                tracing::error!(status, code, cause, "a request could not be answered");
            }
            Some(cause) => tracing::info!(status, code, cause, "a request was refused"),
            None => {}
        }
        self.head().content_type(PROBLEM_JSON).json(problem)
    }
}

fn span_of(request: &ServiceRequest, request_id: &str) -> Span {
    let span = tracing::info_span!(
        "http_request",
        "otel.kind" = "server",
        "http.request.method" = %request.method(),
        "http.route" = field::Empty,
        "http.response.status_code" = field::Empty,
        "client.address" = client_address(request.request()).map(field::display),
        { fields::REQUEST_ID } = request_id,
        { fields::TENANT_ID } = field::Empty,
        { fields::USER_ID } = field::Empty,
        { fields::JOB_ID } = field::Empty,
    );
    let traceparent = request
        .headers()
        .get(TRACEPARENT)
        .and_then(|value| value.to_str().ok());
    if let Some(traceparent) = traceparent {
        continue_trace(&span, traceparent);
    }
    span
}

/// The caller's own id where it is fit for a log line, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    headers
        .get(&REQUEST_ID)
        .map(HeaderValue::as_bytes)
        .filter(|id| (1..=REQUEST_ID_LIMIT_BYTES).contains(&id.len()))
        .filter(|id| id.iter().all(u8::is_ascii_graphic))
        .and_then(|id| std::str::from_utf8(id).ok())
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// The headers that every answer carries; a handler's own choice stays.
fn finish(response: &mut HttpResponse, request_id: &str, is_stopping: bool) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in EVERY_ANSWER {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    // So that clients which keep their connection open go to another process.
    if is_stopping {
        response
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
}
