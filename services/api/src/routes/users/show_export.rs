//! `GET /api/v1/users/me/exports/{export_id}`: the archive, streamed a part at a time.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpResponse, get};
use futures_util::stream::{self, Stream};
use gantry_domain::{AuditOrigin, ExportPart, JobId, JobState, TenantId, UserId};

use crate::api::Api;
use crate::departures::{own_space_of, person_of};
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, ExportProblems};
use crate::problem::{ApiError, PeopleError};

/// Read an archive of everything that is yours
///
/// One JSON object a line, `{"section": …, "item": …}`, the sections one after another.
#[utoipa::path(
    tag = "users",
    params(("export_id" = JobId, Path, description = "The export")),
    responses(
        CallProblems, ExportProblems,
        (status = 200, description = "The archive", body = String, content_type = "application/x-ndjson")
    )
)]
#[get("/api/v1/users/me/exports/{export_id}")]
pub async fn show_account_export(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<HttpResponse, ApiError> {
    let export = id.job_id()?;
    let jobs = person_of(&api, &caller).export_jobs(export).await?;
    let last = jobs.last().ok_or(PeopleError::ExportNotFound)?;
    let person = Person {
        user: caller.user,
        own_space: own_space_of(&caller),
        origin: caller.origin().clone(),
    };
    let end = part_of(&api, &person, last.job_id).await?;
    match (last.state, end) {
        (JobState::Succeeded, Some(end)) if !end.has_more => {}
        (JobState::Succeeded, None) => return Err(PeopleError::ExportNotFound.into()),
        (state, _) => return Err(PeopleError::ExportNotReady(state).into()),
    }
    let parts = jobs.into_iter().map(|job| job.job_id).collect();
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/x-ndjson"))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"gantry-export-{export}.ndjson\""),
        ))
        .streaming(archive(api, person, parts)))
}

/// Whose archive it is.
struct Person {
    user: UserId,
    own_space: TenantId,
    origin: AuditOrigin,
}

/// The lines of one part after another; a part is read when the one before was sent.
fn archive(
    api: Data<Api>,
    person: Person,
    parts: Vec<JobId>,
) -> impl Stream<Item = Result<Bytes, ApiError>> {
    let begin = (api, person, parts.into_iter());
    stream::try_unfold(begin, |(api, person, mut parts)| async move {
        let Some(job_id) = parts.next() else {
            return Ok(None);
        };
        let part = part_of(&api, &person, job_id).await?;
        let part = part.ok_or_else(|| ApiError::internal("a part of an export is gone"))?;
        Ok(Some((lines(&part)?, (api, person, parts))))
    })
}

async fn part_of(
    api: &Api,
    person: &Person,
    job_id: JobId,
) -> Result<Option<ExportPart>, ApiError> {
    let scope = api
        .store
        .person(person.user, person.own_space, &person.origin);
    Ok(scope.export_part(job_id).await?)
}

fn lines(part: &ExportPart) -> Result<Bytes, ApiError> {
    let mut text = Vec::new();
    for item in &part.items {
        serde_json::to_writer(&mut text, item).map_err(ApiError::internal)?;
        text.push(b'\n');
    }
    Ok(text.into())
}
