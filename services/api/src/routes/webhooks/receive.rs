//! `POST /api/v1/webhooks/{source}`: takes what an identity provider tells by itself.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, post};
use gantry_auth::WebhookMessage;
use gantry_crash_points::{CrashPoint, reach};
use gantry_store::DirectoryOutcome;

use crate::api::Api;
use crate::extractors::{PathPart, RawBody};
use crate::openapi::WebhookProblems;
use crate::problem::{ApiError, PeopleError};
use crate::views::{WebhookOutcome, WebhookView};

/// Take a webhook of the identity provider
///
/// The message is believed by its signature alone. It is answered 200 when what it tells is committed, was committed before,
/// or is of no concern here; whatever else is answered is to be sent again. Besides people, organizations and memberships
/// nothing is of concern.
#[utoipa::path(
    tag = "webhooks",
    params(("source" = String, Path, description = "The identity provider")),
    request_body(content = Object, description = "The message as the provider sends it"),
    security(()),
    responses(
        WebhookProblems,
        (status = 200, description = "What became of it", body = WebhookView)
    )
)]
#[post("/api/v1/webhooks/{source}")]
pub async fn receive_webhook(
    api: Data<Api>,
    source: PathPart,
    request: HttpRequest,
    body: RawBody,
) -> Result<Json<WebhookView>, ApiError> {
    take(&api, &source, &request, body).await
}

/// Take a webhook of the identity provider, at its address without a version
///
/// The same as below `/api/v1`.
#[utoipa::path(
    tag = "webhooks",
    params(("source" = String, Path, description = "The identity provider")),
    request_body(content = Object, description = "The message as the provider sends it"),
    security(()),
    responses(
        WebhookProblems,
        (status = 200, description = "What became of it", body = WebhookView)
    )
)]
#[post("/api/webhooks/{source}")]
pub async fn receive_unversioned_webhook(
    api: Data<Api>,
    source: PathPart,
    request: HttpRequest,
    body: RawBody,
) -> Result<Json<WebhookView>, ApiError> {
    take(&api, &source, &request, body).await
}

async fn take(
    api: &Api,
    source: &PathPart,
    request: &HttpRequest,
    body: RawBody,
) -> Result<Json<WebhookView>, ApiError> {
    let body = body.read().await?;
    let headers = request.headers();
    let values_of = |name: &str| {
        let values = headers.get_all(name).map(|value| value.as_bytes());
        values.collect::<Vec<_>>()
    };
    let read = api.webhooks.read(source.as_str(), values_of, &body);
    let outcome = match read.map_err(PeopleError::from)? {
        WebhookMessage::Irrelevant => WebhookOutcome::Ignored,
        WebhookMessage::Notice(notice) => {
            let outcome = api.store.take_notice(&notice, &api.cohorts).await?;
            reach(CrashPoint::NoticeCommitted);
            match outcome {
                DirectoryOutcome::Applied(doorbells) => {
                    api.doorbells.ring(doorbells);
                    WebhookOutcome::Applied
                }
                DirectoryOutcome::Duplicate => WebhookOutcome::Duplicate,
                DirectoryOutcome::Outdated => WebhookOutcome::Outdated,
            }
        }
    };
    Ok(Json(WebhookView { outcome }))
}
