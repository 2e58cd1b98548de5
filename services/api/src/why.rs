//! Why a job is where it is: each reason is one arm, and the first of those that apply is the answer.

mod arms;
mod reason;

pub use reason::Reason;

use chrono::{DateTime, Utc};
use gantry_auth::Principal;
use gantry_domain::{JobId, JobState, Pause};
use gantry_store::{Crowd, JobFacts};

use crate::api::Api;
use crate::problem::ApiError;
use crate::views::{ExplanationView, WhyView};

/// Everything a reason may be found in.
struct Evidence {
    facts: JobFacts,
    crowd: Crowd,
    redis_away_since: Option<DateTime<Utc>>,
    /// Whether the caller may know of other tenants' jobs in numbers.
    is_operator: bool,
}

/// Why the job is where it is.
///
/// # Errors
/// There is no such job in the caller's tenant, or Postgres cannot be reached.
pub async fn explain(api: &Api, caller: &Principal, job_id: JobId) -> Result<WhyView, ApiError> {
    let facts = api.store.tenant(caller.tenant).job_facts(job_id).await?;
    let facts = facts.ok_or(ApiError::JobNotFound)?;
    let is_operator = api.authenticator.is_operator(caller);
    let job = &facts.job;
    let state = job.state;
    let (crowd, redis_away_since) = if state == JobState::Queued {
        let crowd = api
            .store
            .operator()
            .crowd(&job.queue, &job.kind, job.tenant_id)
            .await?;
        (crowd, api.health.redis_away_since().await)
    } else {
        (Crowd::default(), None)
    };
    let evidence = Evidence {
        facts: without_persons(facts, is_operator),
        crowd,
        redis_away_since,
        is_operator,
    };
    let mut reasons: Vec<Reason> = arms::IN_ORDER
        .iter()
        .filter_map(|arm| arm(&evidence))
        .collect();
    if reasons.is_empty() {
        reasons.extend(arms::announced(&evidence));
    }
    let mut explanations = reasons.into_iter().map(ExplanationView::of);
    let first = explanations
        .next()
        .ok_or_else(|| ApiError::internal(format!("nothing explains a job that is {state}")))?;
    Ok(WhyView {
        job_id,
        state,
        first,
        also: explanations.collect(),
    })
}

fn without_persons(facts: JobFacts, is_operator: bool) -> JobFacts {
    if is_operator {
        return facts;
    }
    JobFacts {
        pauses: facts
            .pauses
            .into_iter()
            .map(Pause::without_person)
            .collect(),
        ..facts
    }
}
