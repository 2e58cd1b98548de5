//! Firing: each tick submits one job, whoever looks and however often; missed ticks follow the schedule's policy.

use std::time::Duration;

use gantry_domain::{JobState, MissedPolicy, NewSchedule, Schedule, ScheduleId};
use gantry_store::FiredSchedules;

use crate::fixture::{Fixture, first_run, new_schedule};
use crate::row_security::{connection_as, found, run, visible};
use crate::schedules::created;

/// Lets every schedule that is not paused be due since so many seconds.
async fn let_be_due_for(fixture: &Fixture, seconds: u32) {
    let sql = format!(
        "UPDATE schedules SET next_run_at = now() - interval '{seconds} s' WHERE paused_at IS NULL"
    );
    fixture.database.execute(&sql).await;
}

async fn fire(fixture: &Fixture) -> FiredSchedules {
    fixture.workers.fire_due_schedules(100).await.unwrap()
}

async fn read(fixture: &Fixture, id: ScheduleId) -> Schedule {
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.find_schedule(id).await.unwrap().unwrap()
}

async fn count_of_jobs(fixture: &Fixture) -> i64 {
    fixture.database.number("SELECT count(*) FROM jobs").await
}

fn making_up(name: &str) -> NewSchedule {
    let mut new = new_schedule(name);
    new.terms.missed = MissedPolicy::RunOnce;
    new
}

#[tokio::test]
async fn a_schedule_before_its_tick_submits_nothing() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.workers.upcoming().await.unwrap().schedule, None);
    created(&fixture, &new_schedule("yearly")).await;
    assert_eq!(fire(&fixture).await, FiredSchedules::default());
    let until = fixture.workers.upcoming().await.unwrap().schedule;
    assert!(until.unwrap() > Duration::ZERO);
    let_be_due_for(&fixture, 1).await;
    let until = fixture.workers.upcoming().await.unwrap().schedule;
    assert_eq!(until, Some(Duration::ZERO));
}

#[tokio::test]
async fn a_due_schedule_submits_a_job_that_can_be_claimed() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let before = created(&fixture, &new_schedule("yearly")).await;
    let_be_due_for(&fixture, 1).await;
    let fired = fire(&fixture).await;
    assert_eq!((fired.due, fired.doorbells.len()), (1, 1));
    let job_id = fired.doorbells[0].job_id;
    let job = fixture.job(job_id).await;
    assert_eq!(job.summary.state, JobState::Queued);
    assert_eq!(job.payload, before.payload);
    let terms = &before.summary.terms;
    assert_eq!(
        (
            &job.summary.tags,
            job.summary.priority,
            job.summary.max_attempts
        ),
        (&terms.tags, terms.priority, terms.max_attempts)
    );
    let after = read(&fixture, before.summary.id).await;
    assert_eq!(after.summary.last_job_id, Some(job_id));
    assert_eq!(after.summary.last_run_at, Some(job.summary.created_at));
    assert_eq!(after.summary.next_run_at, before.summary.next_run_at);
    assert_eq!(after.summary.updated_at, before.summary.updated_at);
    let claimed = fixture.claim(worker_id, first_run(job_id)).await.unwrap();
    assert_eq!(claimed.attempt, 1);
    assert_eq!(fire(&fixture).await, FiredSchedules::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_workers_that_look_at_once_submit_one_job_for_each_tick() {
    let fixture = Fixture::new().await;
    for number in 0..20 {
        created(&fixture, &new_schedule(&format!("yearly-{number}"))).await;
    }
    for round in 1..=3 {
        let_be_due_for(&fixture, 1).await;
        let looks = (0..6).map(|_| {
            let store = fixture.workers.clone();
            tokio::spawn(async move { while store.fire_due_schedules(3).await.unwrap().due > 0 {} })
        });
        for look in looks.collect::<Vec<_>>() {
            look.await.unwrap();
        }
        assert_eq!(fire(&fixture).await.due, 0);
        assert_eq!(count_of_jobs(&fixture).await, 20 * round);
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_submitted_leaves_the_tick_where_it_was() {
    let fixture = Fixture::new().await;
    created(&fixture, &new_schedule("yearly")).await;
    let_be_due_for(&fixture, 1).await;
    fixture
        .database
        .execute("ALTER TABLE jobs ADD CONSTRAINT refused CHECK (kind <> 'test.echo')")
        .await;
    fixture.workers.fire_due_schedules(100).await.unwrap_err();
    fixture
        .database
        .execute("ALTER TABLE jobs DROP CONSTRAINT refused")
        .await;
    assert_eq!(fire(&fixture).await.doorbells.len(), 1);
}

#[tokio::test]
async fn after_a_downtime_missed_ticks_are_passed_over_or_made_up_for_by_one_job() {
    let fixture = Fixture::new().await;
    let skipping = created(&fixture, &new_schedule("skipping")).await;
    let making_up = created(&fixture, &making_up("making-up")).await;
    let_be_due_for(&fixture, 3_600).await;
    let fired = fire(&fixture).await;
    assert_eq!((fired.due, fired.doorbells.len()), (2, 1));
    let skipping_after = read(&fixture, skipping.summary.id).await;
    assert_eq!(skipping_after, skipping);
    let made_up = read(&fixture, making_up.summary.id).await;
    assert_eq!(made_up.summary.last_job_id, Some(fired.doorbells[0].job_id));
    assert_eq!(made_up.next_runs_at, making_up.next_runs_at);
    assert_eq!(fire(&fixture).await.due, 0);
}

#[tokio::test]
async fn a_paused_schedule_neither_fires_nor_piles_up() {
    let fixture = Fixture::new().await;
    let id = created(&fixture, &making_up("making-up")).await.summary.id;
    let scope = fixture.api.tenant(fixture.tenant_id);
    let_be_due_for(&fixture, 3_600).await;
    scope.pause_schedule(id).await.unwrap();
    assert_eq!(fire(&fixture).await.due, 0);
    assert_eq!(fixture.workers.upcoming().await.unwrap().schedule, None);
    scope.resume_schedule(id).await.unwrap();
    assert_eq!(fire(&fixture).await.due, 0);
    assert_eq!(count_of_jobs(&fixture).await, 0);
}

#[tokio::test]
async fn a_schedule_that_is_not_understood_holds_up_no_other() {
    let fixture = Fixture::new().await;
    let strange = created(&fixture, &new_schedule("strange")).await.summary.id;
    created(&fixture, &new_schedule("usual")).await;
    fixture
        .database
        .execute("UPDATE schedules SET time_zone = 'Atlantis/Capital' WHERE name = 'strange'")
        .await;
    let_be_due_for(&fixture, 1).await;
    let fired = fire(&fixture).await;
    assert_eq!((fired.due, fired.doorbells.len()), (2, 1));
    assert_eq!(fired.put_off.len(), 1);
    assert_eq!(fired.put_off[0].schedule_id, strange);
    assert!(fired.put_off[0].reason.contains("time_zone"));
    assert_eq!(fire(&fixture).await.due, 0, "it is put off");
    let next =
        format!("SELECT count(*) FROM schedules WHERE id = '{strange}' AND next_run_at > now()");
    assert_eq!(fixture.database.number(&next).await, 1);
}

#[tokio::test]
async fn a_schedule_that_is_being_changed_fires_later() {
    let fixture = Fixture::new().await;
    created(&fixture, &new_schedule("yearly")).await;
    let_be_due_for(&fixture, 1).await;
    let mut changing = fixture.database.connection().await;
    run(&mut changing, "BEGIN").await.unwrap();
    run(&mut changing, "UPDATE schedules SET tags = '{}'")
        .await
        .unwrap();
    assert_eq!(fire(&fixture).await.due, 0);
    run(&mut changing, "COMMIT").await.unwrap();
    assert_eq!(fire(&fixture).await.due, 1);
}

#[tokio::test]
async fn a_worker_moves_schedules_on_and_changes_nothing_else_of_them() {
    let fixture = Fixture::new().await;
    created(&fixture, &new_schedule("yearly")).await;
    let mut worker = connection_as(&fixture, "gantry_worker", Some("dispatch")).await;
    assert_eq!(visible(&mut worker, "schedules").await, 1);
    let moved = "UPDATE schedules SET next_run_at = now(), last_run_at = now(), last_job_id = NULL";
    assert_eq!(found(&mut worker, moved).await.unwrap(), 1);
    for denied in [
        "UPDATE schedules SET payload = '{}'",
        "UPDATE schedules SET tenant_id = gen_random_uuid()",
        "UPDATE schedules SET paused_at = now(), next_run_at = NULL",
        "DELETE FROM schedules",
        "INSERT INTO jobs SELECT * FROM jobs",
    ] {
        run(&mut worker, denied).await.expect_err(denied);
    }
    for (role, door) in [
        ("gantry_worker", None),
        ("gantry_worker", Some("submit")),
        ("gantry_api", None),
        ("gantry_api", Some("dispatch")),
        ("gantry_api", Some("submit")),
    ] {
        let mut connection = connection_as(&fixture, role, door).await;
        assert_eq!(
            visible(&mut connection, "schedules").await,
            0,
            "{role} {door:?}"
        );
    }
}

#[tokio::test]
async fn a_tenant_gives_no_schedule_away() {
    let fixture = Fixture::new().await;
    created(&fixture, &new_schedule("yearly")).await;
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    let own = format!("SET app.tenant_id = '{}'", fixture.tenant_id);
    run(&mut api, &own).await.unwrap();
    assert_eq!(visible(&mut api, "schedules").await, 1);
    for denied in [
        "UPDATE schedules SET tenant_id = gen_random_uuid()",
        "UPDATE schedules SET created_by = gen_random_uuid()",
        "INSERT INTO schedules SELECT * FROM schedules",
        "INSERT INTO schedules (id, tenant_id, created_by, name, cron, time_zone, missed, kind, payload, queue, priority,
            max_attempts, timeout_seconds, next_run_at)
         VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'a', '* * * * *', 'UTC', 'skip', 'a.b', '{}', 'q',
            'low', 1, 1, now())",
    ] {
        run(&mut api, denied).await.expect_err(denied);
    }
}
