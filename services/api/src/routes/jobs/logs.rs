//! `GET /api/v1/jobs/{id}/logs`: a job's log, by the page or live.

use actix_web::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use gantry_domain::{JobId, LOG_TAIL_LIMIT_LINES, LogCursor, LogLine, PAGE_LIMIT_ITEMS};
use gantry_store::LogSelection;
use utoipa::IntoParams;

use crate::api::Api;
use crate::extractors::{Caller, PathPart, QueryString};
use crate::log_stream::{LogStream, Start};
use crate::openapi::{CallProblems, LogProblems};
use crate::problem::ApiError;
use crate::sign_in::SignInRequest;
use crate::views::Page;

const EVENT_STREAM: &str = "text/event-stream";
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells nginx and its like to pass the stream on as it comes.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Which lines to read.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "documents the parameters, which are read one by one"
)]
struct LogParameters {
    /// `true` streams the log live as server-sent events, as `Accept: text/event-stream` does.
    follow: Option<bool>,
    /// Only lines of this attempt.
    #[param(minimum = 1)]
    attempt: Option<u32>,
    /// Only the last lines, this many at most; not together with `cursor`.
    #[param(minimum = 0, maximum = 1000)]
    tail: Option<u32>,
    /// How many lines a page holds; 50 unless given. Not for a stream.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The last line that is known already, as `attempt.seq`: `next_cursor` of the page before, or the id of an event.
    #[param(example = "1.42", pattern = r"^[0-9]+\.[0-9]+$")]
    cursor: Option<String>,
}

/// What the parameters ask for.
struct LogRequest {
    follow: Option<bool>,
    attempt: Option<u32>,
    tail: Option<u32>,
    limit: u32,
    cursor: Option<String>,
}

/// Read a job's log, by the page or live
///
/// As `text/event-stream` the events are `attempt` (`{attempt}`, before the first line of each), `line` (a log line; its
/// id is the cursor to resume from, by `Last-Event-ID` or `cursor`), `truncated` (`{attempt}`: the rest of that attempt's
/// log was not stored), `end` (`{state, attempt, error}`, after the last line; the stream then closes) and `lagged` (the
/// reader was too slow; the stream closes and can be resumed). A comment comes every 15 seconds. The
/// stream also closes once the credentials it was asked for with hold no longer, and can be resumed with others. Resuming neither skips
/// nor repeats a line, on any process of the API. The log of a job that the service alone asks for is shown as empty.
#[utoipa::path(
    tag = "jobs",
    params(("id" = JobId, Path, description = "The job"), LogParameters),
    responses(
        CallProblems, LogProblems,
        (status = 200, description = "A page of lines, or the stream", content(
            (Page<LogLine> = "application/json"),
            (String = "text/event-stream")
        ))
    )
)]
#[get("/api/v1/jobs/{id}/logs")]
pub async fn read_log(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
    query: QueryString,
    http: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let job_id = id.job_id()?;
    let request = read(&query)?;
    let scope = caller.scope(&api);
    let Some(job) = scope.find_job_summary(job_id).await? else {
        return Err(ApiError::JobNotFound);
    };
    if request.follow.unwrap_or(accepts_events(http.headers())) {
        let start = start_of(&request, http.headers())?;
        let reader = SignInRequest::of(&http, &api)?;
        let tenant = caller.tenant;
        let stream = LogStream::open(&api, reader, tenant, &job, request.attempt, start).await?;
        return Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, EVENT_STREAM))
            .insert_header((X_ACCEL_BUFFERING, "no"))
            .streaming(stream.into_body()));
    }
    let lines = scope.read_log(job_id, &selection_of(&request)?).await?;
    let page = match request.tail {
        Some(_) => Page::complete(lines),
        None => Page::cut(lines, request.limit, |line| line.cursor().to_string()),
    };
    Ok(HttpResponse::Ok().json(page))
}

fn read(query: &QueryString) -> Result<LogRequest, ApiError> {
    query.read(|query| {
        let request = LogRequest {
            follow: query.optional("follow"),
            attempt: query.number("attempt", 1, u32::MAX / 2),
            tail: query.number("tail", 0, LOG_TAIL_LIMIT_LINES),
            limit: query.page_limit(),
            cursor: query.text("cursor"),
        };
        if request.tail.is_some() && request.cursor.is_some() {
            query.refuse("tail", "cannot be given together with cursor");
        }
        request
    })
}

fn accepts_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .filter_map(|accept| accept.to_str().ok())
        .any(|accept| accept.contains(EVENT_STREAM))
}

/// A browser that comes back repeats its query, so the last event it saw counts for more.
fn start_of(request: &LogRequest, headers: &HeaderMap) -> Result<Start, ApiError> {
    let last_event = headers
        .get(LAST_EVENT_ID)
        .filter(|id| !id.is_empty())
        .map(|id| id.to_str().map_err(|_| ApiError::BadLogCursor))
        .transpose()?;
    match (last_event.or(request.cursor.as_deref()), request.tail) {
        (Some(cursor), _) => Ok(Start::After(log_cursor(cursor)?)),
        (None, Some(lines)) => Ok(Start::Tail(lines)),
        (None, None) => Ok(Start::After(LogCursor::START)),
    }
}

/// One line more than the page holds tells whether there is another page.
fn selection_of(request: &LogRequest) -> Result<LogSelection, ApiError> {
    let attempt = request.attempt;
    if let Some(limit) = request.tail {
        return Ok(LogSelection::Last { attempt, limit });
    }
    let cursor = request.cursor.as_deref().map(log_cursor).transpose()?;
    Ok(LogSelection::After {
        cursor: cursor.unwrap_or_default(),
        attempt,
        limit: request.limit.min(PAGE_LIMIT_ITEMS) + 1,
    })
}

fn log_cursor(text: &str) -> Result<LogCursor, ApiError> {
    text.parse().map_err(|_| ApiError::BadLogCursor)
}
