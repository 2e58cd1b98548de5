//! A schedule as it comes in, read strictly, and changes to one.

use gantry_auth::Principal;
use gantry_domain::{
    Cron, KindName, MAX_ATTEMPTS_LIMIT, MissedPolicy, NewSchedule, Priority, QueueName, Schedule,
    ScheduleId, ScheduleName, ScheduleTerms, TIMEOUT_LIMIT_SECONDS, TimeZone, Timetable,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::api::Api;
use crate::faults::{Faults, Path};
use crate::job_intake::check_jobs;
use crate::job_request::{JobRequest, tags};
use crate::object_reader::{ObjectReader, count_up_to, word};
use crate::problem::ApiError;

/// A schedule to be created. Other fields are refused.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleRequest {
    /// What it is called; no other schedule of the tenant may have the same name.
    pub name: ScheduleName,
    /// When it is due.
    pub cron: Cron,
    /// Whose clocks the times are read on; `UTC` unless given. A time that the clocks leave out is due once, at the first
    /// moment after it; one that they show twice is due once, the first time. What is due every hour follows the time that
    /// passes.
    #[schema(nullable)]
    pub time_zone: Option<TimeZone>,
    /// What becomes of ticks that passed while nobody could submit their jobs: `skip` passes over those older than a
    /// minute, `run_once` submits one job for any number of them; `skip` unless given.
    #[schema(nullable)]
    pub missed: Option<MissedPolicy>,
    /// What is to be done; one of `GET /api/v1/kinds`.
    pub kind: KindName,
    /// What the kind's handler is given; must fit the kind's `payload_schema`. At most 1 MiB as JSON, without the NUL
    /// character.
    pub payload: Value,
    /// Where the jobs wait; the kind's queue unless given.
    #[schema(nullable)]
    pub queue: Option<QueueName>,
    /// How urgent they are; `normal` unless given.
    #[schema(nullable)]
    pub priority: Option<Priority>,
    /// How many attempts each gets in all; the kind's unless given.
    #[schema(nullable, minimum = 1, maximum = 100)]
    pub max_attempts: Option<u32>,
    /// How long one attempt may take, in seconds; the kind's unless given.
    #[schema(nullable, minimum = 1, maximum = 604800)]
    pub timeout_seconds: Option<u32>,
    /// Free words that each job carries, each of 1 to 64 characters.
    #[schema(max_items = 20)]
    pub tags: Option<Vec<String>>,
}

/// Changes to a schedule: each field that is given replaces the one there was, as a whole; a null stands for the choice
/// made where a new schedule leaves the field out. Other fields are refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "documents the body, which is laid over the schedule there is"
)]
pub struct ScheduleChanges {
    #[schema(nullable = false)]
    name: Option<ScheduleName>,
    #[schema(nullable = false)]
    cron: Option<Cron>,
    #[schema(nullable)]
    time_zone: Option<TimeZone>,
    #[schema(nullable)]
    missed: Option<MissedPolicy>,
    #[schema(nullable = false)]
    kind: Option<KindName>,
    payload: Option<Value>,
    #[schema(nullable)]
    queue: Option<QueueName>,
    #[schema(nullable)]
    priority: Option<Priority>,
    #[schema(nullable, minimum = 1, maximum = 100)]
    max_attempts: Option<u32>,
    #[schema(nullable, minimum = 1, maximum = 604800)]
    timeout_seconds: Option<u32>,
    #[schema(nullable, max_items = 20)]
    tags: Option<Vec<String>>,
}

impl ScheduleRequest {
    /// Reads a schedule; what is wrong with it is added to `faults`.
    pub fn read(body: Value, faults: &mut Faults) -> Option<Self> {
        let mut fields = ObjectReader::open(body, Path::root(), faults)?;
        let name = fields.required("name", word);
        let cron = fields.required("cron", word);
        let time_zone = fields.optional("time_zone", word);
        let missed = fields.optional("missed", word);
        let kind = fields.required("kind", word);
        let payload = fields.any("payload");
        let queue = fields.optional("queue", word);
        let priority = fields.optional("priority", word);
        let max_attempts = fields.optional("max_attempts", count_up_to(MAX_ATTEMPTS_LIMIT));
        let timeout_seconds =
            fields.optional("timeout_seconds", count_up_to(TIMEOUT_LIMIT_SECONDS));
        let tags = fields.optional("tags", tags);
        fields.refuse_the_rest();
        Some(Self {
            name: name?,
            cron: cron?,
            time_zone,
            missed,
            kind: kind?,
            payload: payload?,
            queue,
            priority,
            max_attempts,
            timeout_seconds,
            tags,
        })
    }

    /// Reads changes and lays them over the schedule there is; what is wrong with the outcome is added to `faults`.
    pub fn read_changes(body: Value, before: &Schedule, faults: &mut Faults) -> Option<Self> {
        let Value::Object(changes) = body else {
            faults.add(Path::root(), "must be an object");
            return None;
        };
        let mut fields = fields_of(before);
        fields.extend(changes);
        Self::read(Value::Object(fields), faults)
    }

    /// Checks its jobs as a submission of `caller` is checked.
    ///
    /// # Errors
    /// The kind is not known, the payload has a fault, or Postgres cannot be reached.
    pub async fn check(self, api: &Api, caller: &Principal) -> Result<NewSchedule, ApiError> {
        let request = JobRequest {
            kind: self.kind,
            payload: self.payload,
            queue: self.queue,
            priority: self.priority,
            run_at: None,
            max_attempts: self.max_attempts,
            timeout_seconds: self.timeout_seconds,
            tags: self.tags,
            retry: None,
            unique_key: None,
            on_conflict: None,
            depends_on: None,
            on_parent_failure: None,
        };
        let jobs = check_jobs(api, caller, vec![(Path::root(), request)]).await?;
        let job = jobs
            .into_iter()
            .next()
            .map(|checked| checked.job)
            .ok_or_else(|| ApiError::internal("the checked job did not come back"))?;
        Ok(NewSchedule {
            id: ScheduleId::generate(),
            created_by: caller.user,
            terms: ScheduleTerms {
                name: self.name,
                timetable: Timetable {
                    cron: self.cron,
                    time_zone: self.time_zone.unwrap_or(TimeZone::UTC),
                },
                missed: self.missed.unwrap_or_default(),
                kind: job.kind,
                queue: job.queue,
                priority: job.priority,
                max_attempts: job.max_attempts,
                timeout_seconds: job.timeout_seconds,
                tags: job.tags,
            },
            payload: job.payload,
        })
    }
}

/// The schedule as a request to create it.
fn fields_of(schedule: &Schedule) -> Map<String, Value> {
    let mut fields = match json!(schedule.summary.terms) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    fields.insert("payload".to_owned(), schedule.payload.clone());
    fields
}
