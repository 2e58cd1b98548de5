//! Schedules as a tenant sees and changes them.

use gantry_domain::{
    JobState, MissedPolicy, NewSchedule, SCHEDULE_LIMIT_COUNT, Schedule, ScheduleId, ScheduleTerms,
};
use gantry_store::{ScheduleChange, ScheduleCreation};
use serde_json::json;

use crate::fixture::{Fixture, new_schedule, tenant};

pub async fn created(fixture: &Fixture, new: &NewSchedule) -> Schedule {
    let scope = fixture.api.tenant(fixture.tenant_id);
    match scope.create_schedule(new).await.unwrap() {
        ScheduleCreation::Created(schedule) => *schedule,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_new_schedule_reads_back_with_its_next_ticks() {
    let fixture = Fixture::new().await;
    let new = new_schedule("yearly");
    let schedule = created(&fixture, &new).await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    assert_eq!(
        scope.find_schedule(new.id).await.unwrap(),
        Some(schedule.clone())
    );
    assert_eq!(schedule.payload, new.payload);
    let summary = schedule.summary;
    assert_eq!((summary.id, &summary.terms), (new.id, &new.terms));
    assert_eq!(
        (summary.created_by, summary.tenant_id),
        (new.created_by, fixture.tenant_id)
    );
    assert_eq!((summary.last_run_at, summary.last_job_id), (None, None));
    assert_eq!(schedule.next_runs_at.len(), 5);
    assert_eq!(summary.next_run_at, Some(schedule.next_runs_at[0]));
    assert!(schedule.next_runs_at[0] > summary.created_at);
    assert_eq!(scope.list_schedules(None, 10).await.unwrap(), [summary]);
}

#[tokio::test]
async fn a_name_is_taken_once_in_each_tenant() {
    let fixture = Fixture::new().await;
    created(&fixture, &new_schedule("nightly")).await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    assert_eq!(
        scope
            .create_schedule(&new_schedule("nightly"))
            .await
            .unwrap(),
        ScheduleCreation::NameTaken
    );
    let other = created(&fixture, &new_schedule("daily")).await.summary;
    let renamed = new_schedule("nightly");
    assert_eq!(
        scope
            .update_schedule(other.id, other.updated_at, &renamed.terms, &renamed.payload)
            .await
            .unwrap(),
        ScheduleChange::NameTaken
    );
    let elsewhere = fixture.api.tenant(tenant("other"));
    assert!(matches!(
        elsewhere
            .create_schedule(&new_schedule("nightly"))
            .await
            .unwrap(),
        ScheduleCreation::Created(_)
    ));
}

#[tokio::test]
async fn a_tenant_has_no_more_schedules_than_the_limit() {
    let fixture = Fixture::new().await;
    created(&fixture, &new_schedule("first")).await;
    let fill = format!(
        "INSERT INTO schedules (id, tenant_id, created_by, name, cron, time_zone, missed, kind, payload, queue, priority,
            max_attempts, timeout_seconds, next_run_at)
         SELECT gen_random_uuid(), tenant_id, created_by, 'further-' || number, cron, time_zone, missed, kind, payload,
            queue, priority, max_attempts, timeout_seconds, next_run_at
         FROM schedules, generate_series(2, {SCHEDULE_LIMIT_COUNT}) AS number"
    );
    fixture.database.execute(&fill).await;
    let one_more = new_schedule("one-more");
    let scope = fixture.api.tenant(fixture.tenant_id);
    assert_eq!(
        scope.create_schedule(&one_more).await.unwrap(),
        ScheduleCreation::TooMany
    );
    let elsewhere = fixture.api.tenant(tenant("other"));
    let created = elsewhere.create_schedule(&one_more).await.unwrap();
    assert!(matches!(created, ScheduleCreation::Created(_)));
}

#[tokio::test]
async fn lists_are_newest_first_and_go_on_where_they_ended() {
    let fixture = Fixture::new().await;
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        ids.insert(0, created(&fixture, &new_schedule(name)).await.summary.id);
    }
    let scope = fixture.api.tenant(fixture.tenant_id);
    let listed = async |before, limit| {
        let page = scope.list_schedules(before, limit).await.unwrap();
        page.into_iter()
            .map(|schedule| schedule.id)
            .collect::<Vec<ScheduleId>>()
    };
    assert_eq!(listed(None, 2).await, ids[..2]);
    assert_eq!(listed(Some(ids[1]), 2).await, ids[2..]);
}

#[tokio::test]
async fn a_change_needs_the_schedule_as_it_was_read() {
    let fixture = Fixture::new().await;
    let before = created(&fixture, &new_schedule("nightly")).await.summary;
    let scope = fixture.api.tenant(fixture.tenant_id);
    let terms = ScheduleTerms {
        missed: MissedPolicy::RunOnce,
        tags: Vec::new(),
        ..before.terms.clone()
    };
    let payload = json!({ "say": "good night" });
    let change = async || {
        scope
            .update_schedule(before.id, before.updated_at, &terms, &payload)
            .await
            .unwrap()
    };
    let ScheduleChange::Changed(after) = change().await else {
        panic!("the schedule was as it was read");
    };
    assert_eq!((&after.summary.terms, &after.payload), (&terms, &payload));
    assert_eq!(
        after.summary.next_run_at, before.next_run_at,
        "the timetable is the same"
    );
    assert_eq!(change().await, ScheduleChange::Outdated);
    let unknown = ScheduleId::generate();
    assert_eq!(
        scope
            .update_schedule(unknown, before.updated_at, &terms, &payload)
            .await
            .unwrap(),
        ScheduleChange::NotFound
    );
}

#[tokio::test]
async fn another_timetable_counts_from_now() {
    let fixture = Fixture::new().await;
    let before = created(&fixture, &new_schedule("nightly")).await.summary;
    let mut terms = before.terms.clone();
    terms.timetable.time_zone = "Asia/Tokyo".parse().unwrap();
    let scope = fixture.api.tenant(fixture.tenant_id);
    let change = scope
        .update_schedule(before.id, before.updated_at, &terms, &json!({}))
        .await
        .unwrap();
    let ScheduleChange::Changed(after) = change else {
        panic!("{change:?}");
    };
    let after = after.summary;
    assert_eq!(
        after.next_run_at,
        terms.timetable.next_after(after.updated_at)
    );
    assert_ne!(after.next_run_at, before.next_run_at);
}

#[tokio::test]
async fn a_paused_schedule_has_no_next_tick_until_it_is_resumed() {
    let fixture = Fixture::new().await;
    let before = created(&fixture, &new_schedule("nightly")).await;
    let id = before.summary.id;
    let scope = fixture.api.tenant(fixture.tenant_id);
    let paused = scope.pause_schedule(id).await.unwrap().unwrap();
    assert!(paused.summary.paused_at.is_some());
    assert_eq!(paused.summary.next_run_at, None);
    assert!(paused.next_runs_at.is_empty());
    let again = scope.pause_schedule(id).await.unwrap().unwrap();
    assert_eq!(again, paused);
    let resumed = scope.resume_schedule(id).await.unwrap().unwrap();
    assert_eq!(resumed.summary.paused_at, None);
    assert_eq!(resumed.next_runs_at, before.next_runs_at);
    let again = scope.resume_schedule(id).await.unwrap().unwrap();
    assert_eq!(again, resumed);
}

#[tokio::test]
async fn a_schedule_run_by_hand_submits_its_job_and_keeps_its_ticks() {
    let fixture = Fixture::new().await;
    let before = created(&fixture, &new_schedule("nightly")).await;
    let id = before.summary.id;
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.pause_schedule(id).await.unwrap();
    let (job, accepted, doorbell) = scope.run_schedule(id, None).await.unwrap().unwrap();
    assert_eq!(accepted.state, JobState::Queued);
    assert_eq!(doorbell.unwrap().job_id, job.id);
    let stored = fixture.job(job.id).await;
    assert_eq!(stored.payload, before.payload);
    let terms = &before.summary.terms;
    assert_eq!(
        (&stored.summary.kind, &stored.summary.tags),
        (&terms.kind, &terms.tags)
    );
    assert_eq!(stored.summary.created_by, before.summary.created_by);
    let after = scope.find_schedule(id).await.unwrap().unwrap().summary;
    assert_eq!(after.last_job_id, Some(job.id));
    assert_eq!(after.last_run_at, Some(accepted.created_at));
    assert_eq!(after.next_run_at, None);
}

#[tokio::test]
async fn a_deleted_schedule_is_gone_and_its_jobs_stay() {
    let fixture = Fixture::new().await;
    let id = created(&fixture, &new_schedule("nightly")).await.summary.id;
    let scope = fixture.api.tenant(fixture.tenant_id);
    let (job, ..) = scope.run_schedule(id, None).await.unwrap().unwrap();
    assert!(scope.delete_schedule(id).await.unwrap());
    assert!(!scope.delete_schedule(id).await.unwrap());
    assert_eq!(scope.find_schedule(id).await.unwrap(), None);
    assert_eq!(fixture.state(job.id).await, JobState::Queued);
}

#[tokio::test]
async fn another_tenants_schedule_does_not_exist() {
    let fixture = Fixture::new().await;
    let schedule = created(&fixture, &new_schedule("nightly")).await;
    let id = schedule.summary.id;
    let other = fixture.api.tenant(tenant("other"));
    assert_eq!(other.find_schedule(id).await.unwrap(), None);
    assert_eq!(other.list_schedules(None, 10).await.unwrap(), []);
    assert_eq!(other.pause_schedule(id).await.unwrap(), None);
    assert_eq!(other.resume_schedule(id).await.unwrap(), None);
    assert_eq!(other.run_schedule(id, None).await.unwrap(), None);
    assert!(!other.delete_schedule(id).await.unwrap());
    let summary = &schedule.summary;
    let change = other.update_schedule(id, summary.updated_at, &summary.terms, &schedule.payload);
    assert_eq!(change.await.unwrap(), ScheduleChange::NotFound);
    let own = fixture.api.tenant(fixture.tenant_id);
    assert_eq!(own.find_schedule(id).await.unwrap(), Some(schedule));
}
