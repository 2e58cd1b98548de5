//! Every step the statements can make: each cause is tried on a job in each state and under each circumstance.

use std::collections::BTreeSet;
use std::time::Duration;

use gantry_domain::{Cause, JobId, JobState, MAX_LOSSES, NewJob, WorkerId};

use super::Step;
use crate::fixture::{
    Fixture, by_someone, completion, failure, final_failure, first_run, new_job, yielded,
};

/// What may make a difference to where a cause leads.
#[derive(Debug, Clone, Copy)]
struct Circumstances {
    end_was_asked_for: bool,
    budget_is_spent: bool,
    is_final: bool,
    losses: u32,
}

pub async fn every_step() -> BTreeSet<Step> {
    let fixture = Fixture::new().await;
    let mut steps = submissions(&fixture).await;
    for cause in Cause::ALL
        .iter()
        .filter(|cause| **cause != Cause::Submitted)
    {
        for from in JobState::ALL {
            for circumstances in circumstances_of(*from) {
                if let Some(to) = attempt(&fixture, *cause, *from, circumstances).await {
                    steps.insert((*cause, Some(*from), to));
                }
            }
        }
    }
    steps
}

/// Only a run can end in more than one way.
fn circumstances_of(from: JobState) -> Vec<Circumstances> {
    if from != JobState::Running {
        return vec![Circumstances {
            end_was_asked_for: from == JobState::Cancelled,
            budget_is_spent: false,
            is_final: false,
            losses: 0,
        }];
    }
    let mut all = Vec::new();
    for end_was_asked_for in [false, true] {
        for (budget_is_spent, is_final) in [(false, false), (true, false), (false, true)] {
            for losses in [0, MAX_LOSSES - 1] {
                all.push(Circumstances {
                    end_was_asked_for,
                    budget_is_spent,
                    is_final,
                    losses,
                });
            }
        }
    }
    all
}

async fn submissions(fixture: &Fixture) -> BTreeSet<Step> {
    let later = NewJob {
        run_at: Some(chrono::Utc::now() + chrono::TimeDelta::hours(1)),
        ..new_job(fixture.tenant_id)
    };
    let jobs = [new_job(fixture.tenant_id), later];
    let accepted = fixture.api.submit(&jobs).await.unwrap();
    let step = |accepted: &gantry_store::Accepted| (Cause::Submitted, None, accepted.state);
    accepted.iter().map(step).collect()
}

/// Where the cause leads a job in state `from`; none if it leaves it there.
async fn attempt(
    fixture: &Fixture,
    cause: Cause,
    from: JobState,
    circumstances: Circumstances,
) -> Option<JobState> {
    let worker_id = fixture.worker().await;
    let run = first_run(fixture.submit(new_job(fixture.tenant_id)).await);
    let columns = columns(from, worker_id, circumstances);
    let sql = format!("UPDATE jobs SET {columns} WHERE id = '{}'", run.job_id);
    fixture.database.execute(&sql).await;
    let store = &fixture.workers;
    let scope = fixture.api.tenant(fixture.tenant_id);
    match cause {
        Cause::Submitted => {}
        Cause::Due => drop(store.enqueue_due(1_000).await.unwrap()),
        Cause::ParentsEnded => end_a_parent(fixture, run.job_id, from, "run").await,
        Cause::ParentFailed => end_a_parent(fixture, run.job_id, from, "cancel").await,
        Cause::Claimed => drop(fixture.claim(worker_id, run).await),
        Cause::Completed => drop(store.complete(worker_id, &[completion(run)]).await.unwrap()),
        Cause::Failed => {
            let failure = if circumstances.is_final {
                final_failure(run)
            } else {
                failure(run)
            };
            store.fail(worker_id, &[failure]).await.unwrap();
        }
        Cause::Lost => {
            fixture.end_lease(worker_id).await;
            store.rescue_lost(1_000).await.unwrap();
        }
        Cause::Released => drop(store.release(worker_id, &[yielded(run, 0)]).await.unwrap()),
        Cause::Snoozed => {
            let hour = Duration::from_secs(3_600);
            store
                .snooze(worker_id, yielded(run, 0), hour)
                .await
                .unwrap();
        }
        Cause::Cancelled => {
            scope.cancel_job(run.job_id, &by_someone()).await.unwrap();
            store
                .mark_cancelled(worker_id, &[run], &by_someone())
                .await
                .unwrap();
        }
        Cause::Redriven => drop(scope.redrive_job(run.job_id).await.unwrap()),
    }
    let to = fixture.state(run.job_id).await;
    // What is left over must not be due or lost in the next round.
    let park = format!("DELETE FROM jobs WHERE id = '{}'", run.job_id);
    fixture.database.execute(&park).await;
    (to != from).then_some(to)
}

/// Tells the job that a parent is gone, which counts as failed.
async fn end_a_parent(fixture: &Fixture, child: JobId, state: JobState, policy: &str) {
    let parent = JobId::generate();
    let waiting_for = u32::from(state == JobState::Scheduled);
    let sql = format!(
        "UPDATE jobs SET waiting_for = {waiting_for}, on_parent_failure = '{policy}' WHERE id = '{child}';
         INSERT INTO job_dependencies (child_id, parent_id, tenant_id, position)
         VALUES ('{child}', '{parent}', '{}', 0)",
        fixture.tenant_id
    );
    fixture.database.execute(&sql).await;
    let settled = fixture.workers.settle_dependencies(&[parent]).await;
    settled.unwrap();
}

/// The columns of a possible row in that state.
fn columns(state: JobState, worker_id: WorkerId, circumstances: Circumstances) -> String {
    let Circumstances {
        end_was_asked_for,
        budget_is_spent,
        losses,
        ..
    } = circumstances;
    let attempt = if budget_is_spent {
        losses + 4
    } else {
        losses + 1
    };
    let moment = |is_given| if is_given { "now()" } else { "NULL" };
    let document = |is_given| {
        if is_given {
            "'{\"code\": \"a\", \"message\": \"b\"}'"
        } else {
            "NULL"
        }
    };
    format!(
        "state = '{state}', attempt = {attempt}, losses = {losses}, worker_id = '{worker_id}',
         run_at = now() - interval '1 s', started_at = now(), queued_at = {}, finished_at = {},
         cancel_requested_at = {}, error = {}, result = {}",
        moment(matches!(state, JobState::Queued | JobState::Running)),
        moment(state.is_terminal()),
        moment(end_was_asked_for),
        document(state == JobState::Failed),
        document(state == JobState::Succeeded),
    )
}
