//! The state machine as a model: random histories of several workers, some of them stale, with doorbells lost and repeated.

mod history;
mod machine;

use std::collections::HashMap;
use std::time::Duration;

use gantry_domain::{Cause, JobId, JobState, NewJob, TRANSITIONS, WorkerId};
use gantry_store::{CancelOutcome, RedriveOutcome, Run, RunProgress};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sqlx::{PgConnection, Row};

use crate::fixture::{Fixture, by_someone, completion, failure, final_failure, new_job, yielded};
use history::{Heard, Step, WORKERS, step, submissions};
use machine::{Machine, ModelJob};

/// Writes down every change of a job's state, whichever statement made it.
const WITNESS: &str = "
    CREATE TABLE witnessed (number bigserial, job_id uuid, was text, is_now text);
    CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO witnessed (job_id, was, is_now)
        VALUES (NEW.id, CASE TG_OP WHEN 'UPDATE' THEN OLD.state END, NEW.state);
        RETURN NULL;
    END $$;
    CREATE TRIGGER witness_insert AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION witness();
    CREATE TRIGGER witness_update AFTER UPDATE ON jobs FOR EACH ROW
        WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION witness();";

/// The store under test, with the ids behind the model's numbers.
struct Subject<'a> {
    fixture: &'a Fixture,
    owner: &'a mut PgConnection,
    workers: Vec<WorkerId>,
    jobs: Vec<JobId>,
}

#[test]
fn every_history_goes_as_the_model_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let fixture = runtime.block_on(Fixture::new());
    runtime.block_on(fixture.database.execute(WITNESS));
    let mut owner = runtime.block_on(fixture.database.connection());
    let owner = std::cell::RefCell::new(&mut owner);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(40));
    let histories = (submissions(), vec(step(), 20..70));
    let outcome = runner.run(&histories, |(submissions, history)| {
        let mut owner = owner.borrow_mut();
        runtime.block_on(play(&fixture, &mut owner, &submissions, &history))
    });
    outcome.unwrap();
}

async fn play(
    fixture: &Fixture,
    owner: &mut PgConnection,
    submissions: &[(bool, u32)],
    history: &[Step],
) -> Result<(), TestCaseError> {
    let clear =
        "TRUNCATE jobs, job_attempts, job_logs, job_dependencies, batches, workers, witnessed";
    sqlx::raw_sql(clear).execute(&mut *owner).await.unwrap();
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(fixture.worker().await);
    }
    let mut subject = Subject {
        fixture,
        owner,
        workers,
        jobs: Vec::new(),
    };
    let mut machine = Machine::new(WORKERS);
    for (is_for_later, max_attempts) in submissions {
        machine.submit(*is_for_later, *max_attempts);
        subject.submit(*is_for_later, *max_attempts).await;
    }
    for step in history {
        subject.take(&mut machine, *step).await?;
        prop_assert_eq!(&subject.rows().await, &machine.jobs, "after {:?}", step);
    }
    subject.check_what_was_witnessed(&machine).await
}

impl Subject<'_> {
    async fn submit(&mut self, is_for_later: bool, max_attempts: u32) {
        let job = NewJob {
            run_at: is_for_later.then(|| chrono::Utc::now() + chrono::TimeDelta::hours(1)),
            max_attempts,
            ..new_job(self.fixture.tenant_id)
        };
        self.jobs.push(self.fixture.submit(job).await);
    }

    /// Takes the step in both worlds and compares the answers.
    async fn take(&mut self, machine: &mut Machine, step: Step) -> Result<(), TestCaseError> {
        let store = self.fixture.workers.clone();
        match step {
            Step::NewWorker(worker) => {
                machine.replace_worker(worker);
                self.workers[worker] = self.fixture.worker().await;
            }
            Step::EndLease(worker) => {
                machine.end_lease(worker);
                let worker_id = self.workers[worker];
                let end =
                    "UPDATE workers SET lease_expires_at = now() - interval '1 s' WHERE id = $1";
                let end = sqlx::query(end).bind(worker_id.as_uuid());
                end.execute(&mut *self.owner).await.unwrap();
            }
            Step::Rescue => {
                let rescued = store.rescue_lost(1_000).await.unwrap();
                prop_assert_eq!(rescued.len(), machine.rescue());
            }
            Step::TimePasses => {
                let pass =
                    "UPDATE jobs SET run_at = now() - interval '1 s' WHERE state = 'scheduled'";
                sqlx::query(pass).execute(&mut *self.owner).await.unwrap();
                let doorbells = store.enqueue_due(1_000).await.unwrap();
                prop_assert_eq!(doorbells.len(), machine.enqueue_due());
            }
            Step::Cancel(job) => self.cancel(machine, job).await?,
            Step::Redrive(job) => self.redrive(machine, job).await?,
            Step::Claim {
                worker,
                job,
                doorbell,
            } => {
                let present = machine.jobs[job].dispatch;
                let dispatch = match doorbell {
                    Heard::Present => present,
                    Heard::Former => present - 1,
                    Heard::Forged => present + 1,
                };
                let run = Run {
                    job_id: self.jobs[job],
                    dispatch,
                };
                let claimed = self.fixture.claim(self.workers[worker], run).await;
                let expected = machine.claim(worker, job, dispatch);
                prop_assert_eq!(claimed.map(|claimed| claimed.attempt), expected);
            }
            Step::Write {
                worker,
                job,
                is_former,
                outcome,
            } => {
                let Some(dispatch) = machine.claimed(worker, job, is_former) else {
                    return Ok(());
                };
                let run = Run {
                    job_id: self.jobs[job],
                    dispatch,
                };
                let was_written = self.write(self.workers[worker], run, outcome).await;
                let expected = machine.write(worker, job, dispatch, outcome);
                prop_assert_eq!(was_written, expected, "{:?}", outcome);
            }
        }
        Ok(())
    }

    async fn write(&self, worker_id: WorkerId, run: Run, outcome: history::Write) -> bool {
        use history::Write;
        let store = &self.fixture.workers;
        match outcome {
            Write::Complete => !store
                .complete(worker_id, &[completion(run)])
                .await
                .unwrap()
                .is_empty(),
            Write::Fail => !store
                .fail(worker_id, &[failure(run)])
                .await
                .unwrap()
                .is_empty(),
            Write::FailForGood => !store
                .fail(worker_id, &[final_failure(run)])
                .await
                .unwrap()
                .is_empty(),
            Write::Release => {
                let before = self.fixture.row(run.job_id).await;
                store.release(worker_id, &[yielded(run, 0)]).await.unwrap();
                before != self.fixture.row(run.job_id).await
            }
            Write::Snooze => {
                let hour = Duration::from_secs(3_600);
                store
                    .snooze(worker_id, yielded(run, 0), hour)
                    .await
                    .unwrap()
                    .is_some()
            }
            Write::MarkCancelled => {
                let marked = store.mark_cancelled(worker_id, &[run], &by_someone()).await;
                !marked.unwrap().is_empty()
            }
            Write::Progress => {
                let report = RunProgress {
                    run,
                    progress: serde_json::json!(1),
                };
                !store
                    .record_progress(worker_id, &[report])
                    .await
                    .unwrap()
                    .is_empty()
            }
        }
    }

    async fn cancel(&self, machine: &mut Machine, job: usize) -> Result<(), TestCaseError> {
        let job_id = self.jobs[job];
        let scope = self.fixture.api.tenant(self.fixture.tenant_id);
        let outcome = scope.cancel_job(job_id, &by_someone()).await.unwrap();
        let expected = match machine.cancel(job) {
            JobState::Running => CancelOutcome::Requested {
                worker_id: self.worker_of(job_id).await,
                dispatch: machine.jobs[job].dispatch,
            },
            state if state.is_terminal() => CancelOutcome::AlreadyEnded,
            _ => CancelOutcome::Cancelled,
        };
        prop_assert_eq!(outcome, expected);
        Ok(())
    }

    async fn worker_of(&self, job_id: JobId) -> WorkerId {
        let sql = format!("SELECT worker_id FROM jobs WHERE id = '{job_id}'");
        self.fixture
            .database
            .text(&sql)
            .await
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn redrive(&self, machine: &mut Machine, job: usize) -> Result<(), TestCaseError> {
        let scope = self.fixture.api.tenant(self.fixture.tenant_id);
        let outcome = scope.redrive_job(self.jobs[job]).await.unwrap();
        let is_queued = matches!(outcome, RedriveOutcome::Queued(_));
        prop_assert_eq!(is_queued, machine.redrive(job));
        Ok(())
    }

    /// What the table says of every job.
    async fn rows(&mut self) -> Vec<ModelJob> {
        let sql = "SELECT state, attempt, losses, max_attempts, dispatch, cancel_requested_at IS NOT NULL FROM jobs
            ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(&mut *self.owner).await.unwrap();
        let number =
            |row: &sqlx::postgres::PgRow, column| row.get::<i32, usize>(column).unsigned_abs();
        rows.iter()
            .map(|row| ModelJob {
                state: row.get::<String, _>(0).parse().unwrap(),
                attempt: number(row, 1),
                losses: number(row, 2),
                max_attempts: number(row, 3),
                dispatch: number(row, 4),
                end_was_asked_for: row.get(5),
            })
            .collect()
    }

    /// Every change that was made stands in the table, and a job ends once between two redrives.
    async fn check_what_was_witnessed(&mut self, machine: &Machine) -> Result<(), TestCaseError> {
        let sql = "SELECT job_id::text, was, is_now FROM witnessed ORDER BY number";
        let rows = sqlx::query(sql).fetch_all(&mut *self.owner).await.unwrap();
        let mut ends: HashMap<JobId, usize> = HashMap::new();
        for row in &rows {
            let job_id: JobId = row.get::<String, _>(0).parse().unwrap();
            let was: Option<JobState> = row
                .get::<Option<String>, _>(1)
                .map(|state| state.parse().unwrap());
            let is_now: JobState = row.get::<String, _>(2).parse().unwrap();
            let is_allowed = Cause::ALL.iter().any(|cause| cause.allows(was, is_now));
            prop_assert!(
                is_allowed,
                "{:?} to {} is none of {}",
                was,
                is_now,
                TRANSITIONS.len()
            );
            *ends.entry(job_id).or_default() += usize::from(is_now.is_terminal());
        }
        for (number, job_id) in self.jobs.iter().enumerate() {
            let is_over = usize::from(machine.jobs[number].state.is_terminal());
            let expected = machine.redrives(number) + is_over;
            prop_assert_eq!(ends.get(job_id).copied().unwrap_or_default(), expected);
        }
        Ok(())
    }
}
