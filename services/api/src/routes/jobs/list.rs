//! `GET /api/v1/jobs`: the tenant's jobs, newest first.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{JobId, JobState, JobSummary, KindName, QueueName, UserId};
use gantry_store::JobFilter;
use utoipa::IntoParams;

use crate::api::Api;
use crate::extractors::{Caller, Query, QueryString};
use crate::openapi::{CallProblems, QueryProblems};
use crate::page_cursor::{cursor_after, read_cursor};
use crate::problem::ApiError;
use crate::views::Page;

/// Which jobs to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "documents the parameters, which are read one by one"
)]
struct ListParameters {
    /// Only those in one of these states; several are separated by commas, or the parameter is repeated.
    #[param(style = Form, explode = false, min_items = 1)]
    state: Option<Vec<JobState>>,
    /// Only those of this kind.
    kind: Option<KindName>,
    /// Only those in this queue.
    queue: Option<QueueName>,
    /// Only those that carry this tag.
    tag: Option<String>,
    /// Only those that this person submitted; `me` is the caller.
    #[param(pattern = "^(me|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
    created_by: Option<String>,
    /// Only those whose last error carries this code, for instance `deadline_exceeded`.
    error_code: Option<String>,
    /// How many to list; 50 unless given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{23}$")]
    cursor: Option<String>,
}

/// List the tenant's jobs, newest first
///
/// Jobs that are handed in while the pages are read do not move the others.
#[utoipa::path(
    tag = "jobs",
    params(ListParameters),
    responses(
        CallProblems, QueryProblems,
        (status = 200, description = "A page of jobs, without their payloads and results", body = Page<JobSummary>)
    )
)]
#[get("/api/v1/jobs")]
pub async fn list_jobs(
    api: Data<Api>,
    caller: Caller,
    query: QueryString,
) -> Result<Json<Page<JobSummary>>, ApiError> {
    let (filter, cursor, limit) = query.read(|query| {
        let filter = filter(query, caller.user);
        (filter, query.text("cursor"), query.page_limit())
    })?;
    let before = cursor.as_deref().map(read_cursor).transpose()?;
    let jobs = caller
        .scope(&api)
        .list_jobs(&filter, before.map(JobId::from_uuid), limit + 1)
        .await?;
    Ok(Json(Page::cut(jobs, limit, |job| {
        cursor_after(job.id.as_uuid())
    })))
}

fn filter(query: &mut Query, caller: UserId) -> JobFilter {
    let created_by = query.text("created_by").and_then(|text| {
        if text == "me" {
            return Some(caller);
        }
        let user = text.parse().ok();
        if user.is_none() {
            query.refuse("created_by", "must be a user's id or the word me");
        }
        user
    });
    JobFilter {
        states: query.list("state"),
        kind: query.optional("kind"),
        queue: query.optional("queue"),
        tag: query.text("tag"),
        created_by,
        error_code: query.text("error_code"),
    }
}
