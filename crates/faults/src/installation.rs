//! One installation of Gantry for one test: its own servers, its own processes, and the judges of what they did.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gantry_devkit::{ServiceProcess, Stack, StackBuilder};
use gantry_domain::{Job, JobId, JobState};
use gantry_testkit::{DatabaseOwner, eventually};
use tempfile::TempDir;

use crate::effect::EFFECT_KIND;
use crate::effects::Effects;
use crate::sign_up::SECRET_SETTING;
use crate::{Calls, outcomes, told_in_logs};

/// How long a lease lasts without renewal in tests that are not about the defaults.
const QUICK_LEASE_TTL_SECONDS: u64 = 4;
const QUICK_HEARTBEAT_SECONDS: u64 = 1;
/// What operators get unless they say otherwise.
const DEFAULT_LEASE_TTL_SECONDS: u64 = 10;
const DEFAULT_HEARTBEAT_SECONDS: u64 = 3;

/// A queue nobody submits to.
const NO_WORK: &str = "no-work";

/// How an installation is to be started.
#[derive(Debug)]
pub struct InstallationBuilder {
    workspace: TempDir,
    effect_program: PathBuf,
    stack: StackBuilder,
}

/// A running installation. Everything of it ends with this value.
#[derive(Debug)]
pub struct Installation {
    /// Its processes and servers, to be killed, frozen and started again.
    pub stack: Stack,
    /// Its database, as the owner sees it.
    pub database: DatabaseOwner,
    /// What its users do.
    pub calls: Calls,
    workspace: TempDir,
}

impl InstallationBuilder {
    /// Leases and heartbeats as operators get them, in place of the quick ones.
    #[must_use]
    pub fn with_default_leases(mut self) -> Self {
        self.stack = self
            .stack
            .environment("GANTRY_WORKER_LEASE_TTL_SECONDS", DEFAULT_LEASE_TTL_SECONDS)
            .environment("GANTRY_WORKER_HEARTBEAT_SECONDS", DEFAULT_HEARTBEAT_SECONDS);
        self
    }

    /// Starts the servers and the API, and no worker yet.
    pub async fn start(self) -> Installation {
        let kinds_file = self.workspace.path().join("kinds.toml");
        let effects_file = effects_file(self.workspace.path());
        fs::write(
            &kinds_file,
            kinds(EFFECT_KIND, &self.effect_program, &effects_file),
        )
        .expect("the kinds file can be written");
        let scratch = self.workspace.path().join("scratch");
        let stack = self
            .stack
            .environment("GANTRY_KINDS_FILE", kinds_file.display())
            .environment("GANTRY_WORKER_SCRATCH_DIR", scratch.display())
            .workers(0)
            .start()
            .unwrap_or_else(|error| panic!("{error}"));
        let database = DatabaseOwner::new(&stack.database_url());
        outcomes::record(&database).await;
        Installation {
            calls: Calls::new(&stack.api_url()),
            database,
            stack,
            workspace: self.workspace,
        }
    }
}

impl Installation {
    /// An installation whose workers have quick leases and run `effect_program` for the test kind: the binary
    /// `faults-effect` of this package.
    pub fn builder(effect_program: &str) -> InstallationBuilder {
        let stack = Stack::builder()
            .environment("RUST_LOG", "info")
            .environment(SECRET_SETTING.0, SECRET_SETTING.1)
            .environment("GANTRY_WORKER_CONCURRENCY", 4)
            .environment("GANTRY_WORKER_LEASE_TTL_SECONDS", QUICK_LEASE_TTL_SECONDS)
            .environment("GANTRY_WORKER_HEARTBEAT_SECONDS", QUICK_HEARTBEAT_SECONDS);
        InstallationBuilder {
            workspace: tempfile::tempdir().expect("a temporary folder can be made"),
            effect_program: effect_program.into(),
            stack,
        }
    }

    /// Starts one more worker and returns its place among [`Stack::workers`].
    pub fn start_worker(&mut self) -> usize {
        self.start_worker_with(&[])
    }

    /// Starts one more worker with variables of its own.
    pub fn start_worker_with(&mut self, environment: &[(&str, &str)]) -> usize {
        let started = self.stack.start_worker_with(environment);
        if let Err(error) = started {
            panic!("{error}");
        }
        self.stack.workers().len() - 1
    }

    /// Lets a machine of the tenant's own in, and starts its worker; returns its place.
    pub async fn start_machine(&mut self, name: &str, owner: &Calls, queue: &str) -> usize {
        let token = owner.mint_enrol_token(queue).await;
        let credentials_file = self.workspace.path().join(format!("{name}.json"));
        let credentials_file = credentials_file
            .to_str()
            .expect("a temporary folder has a plain name");
        let url = self.stack.api_url();
        let enrolled = self.stack.enroll_worker(
            name,
            &[
                ("GANTRY_URL", &url),
                ("GANTRY_ENROL_TOKEN", &token),
                ("GANTRY_WORKER_CREDENTIALS_FILE", credentials_file),
            ],
        );
        if let Err(error) = enrolled {
            panic!("{error}");
        }
        self.start_worker_with(&[
            ("GANTRY_WORKER_CREDENTIALS_FILE", credentials_file),
            ("GANTRY_REQUIRE_WORKER_TOKEN", "true"),
        ])
    }

    /// Starts a worker that takes no jobs. Started first it does the maintenance, so that the fate of the others does not
    /// delay it.
    pub fn start_caretaker(&mut self) -> usize {
        self.start_worker_with(&[("GANTRY_WORKER_QUEUES", NO_WORK)])
    }

    /// One worker's process.
    pub fn worker(&mut self, place: usize) -> &mut ServiceProcess {
        &mut self.stack.workers()[place]
    }

    /// What jobs of the test kind have told so far.
    pub fn effects(&self) -> Effects {
        Effects::read(&effects_file(self.workspace.path()))
    }

    /// A gate that is closed until [`Self::open_gate`].
    pub fn gate(&self, name: &str) -> String {
        let gate = self.workspace.path().join(format!("{name}.gate"));
        gate.to_str()
            .expect("a temporary folder has a plain name")
            .to_owned()
    }

    /// Lets the jobs go on that wait for a gate.
    pub fn open_gate(&self, name: &str) {
        fs::write(self.gate(name), "").expect("a gate can be opened");
    }

    /// A kinds file that does not declare the test kind.
    pub fn other_kinds_file(&self) -> String {
        let path = self.workspace.path().join("other-kinds.toml");
        let effects_file = effects_file(self.workspace.path());
        let kinds = kinds("faults.other.v1", Path::new("/bin/true"), &effects_file);
        fs::write(&path, kinds).expect("the kinds file can be written");
        path.display().to_string()
    }

    /// Where jobs have their folders.
    pub fn scratch(&self) -> PathBuf {
        self.workspace.path().join("scratch")
    }

    /// Waits until a job of the test kind has begun to run so many times.
    pub async fn wait_for_runs(&self, label: &str, count: usize, limit: Duration) {
        eventually(limit, async || {
            let begun = self.effects().runs_of(label).len();
            if begun >= count {
                Ok(())
            } else {
                Err(format!("{label} has begun {begun} times"))
            }
        })
        .await;
    }

    /// Waits until so many jobs were ever accepted.
    pub async fn wait_for_jobs(&self, count: usize, limit: Duration) {
        let wanted = i64::try_from(count).expect("a test submits few jobs");
        eventually(limit, async || {
            let accepted = self.database.number("SELECT count(*) FROM jobs").await;
            if accepted >= wanted {
                Ok(())
            } else {
                Err(accepted)
            }
        })
        .await;
    }

    /// Waits until a job is in this state.
    pub async fn wait_for_state(&self, id: JobId, state: JobState, limit: Duration) -> Job {
        eventually(limit, async || {
            let job = self.calls.job(id).await;
            if job.summary.state == state {
                Ok(job)
            } else {
                Err(format!("{id} is {}: {:?}", job.summary.state, job.summary))
            }
        })
        .await
    }

    /// Waits until every one of these jobs has succeeded, as the database says.
    pub async fn wait_until_all_succeeded(&self, ids: &[JobId], limit: Duration) {
        let listed: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let others = format!(
            "SELECT json_object_agg(state, count) FROM (
                SELECT coalesce(state, 'lost') AS state, count(*) AS count
                FROM unnest('{{{}}}'::uuid[]) AS wanted (id) LEFT JOIN jobs USING (id)
                WHERE state IS DISTINCT FROM 'succeeded' GROUP BY 1
            ) AS states",
            listed.join(",")
        );
        eventually(limit, async || match self.database.text(&others).await {
            None => Ok(()),
            Some(states) => Err(states),
        })
        .await;
    }

    /// Waits until a statement that brings jobs into `state` waits for somebody's lock.
    pub async fn wait_for_held_up(&self, state: &str, limit: Duration) {
        let statement = format!("UPDATE jobs SET state = ''{state}''");
        self.wait_for_held_up_statement(&statement, limit).await;
    }

    /// Waits until a submission waits for somebody's lock.
    pub async fn wait_for_held_up_submission(&self, limit: Duration) {
        self.wait_for_held_up_statement("INSERT INTO jobs", limit)
            .await;
    }

    async fn wait_for_held_up_statement(&self, beginning: &str, limit: Duration) {
        let held_up = format!(
            "SELECT count(*) FROM pg_stat_activity
             WHERE wait_event_type = 'Lock' AND query LIKE '{beginning}%'"
        );
        eventually(limit, async || {
            let count = self.database.number(&held_up).await;
            if count > 0 { Ok(()) } else { Err(count) }
        })
        .await;
    }

    /// Waits until a worker calls itself ready, or no more.
    pub async fn wait_for_readiness(&self, place: usize, is_ready: bool, limit: Duration) {
        let address = self.stack.worker_addresses()[place];
        eventually(limit, async || {
            let seen = self.calls.is_ready(address).await;
            if seen == is_ready {
                Ok(())
            } else {
                Err(format!("worker {place} is ready: {seen}"))
            }
        })
        .await;
    }

    /// Fails unless every one of these jobs of the test kind ran to its end, no two runs of one overlapped, no job was
    /// given two outcomes, and no process has logged a secret.
    pub async fn assert_sound(&self, labels: &[&str]) {
        let effects = self.effects();
        assert_eq!(effects.missing(labels), [""; 0], "missing effects");
        assert!(
            effects.overlapping().is_empty(),
            "overlapping effects: {:?}",
            effects.overlapping()
        );
        assert_eq!(
            outcomes::doubly_committed(&self.database).await,
            0,
            "jobs with more than one outcome"
        );
        assert_eq!(
            told_in_logs(self.stack.folder()),
            [""; 0],
            "secrets in logs"
        );
    }
}

fn effects_file(workspace: &Path) -> PathBuf {
    workspace.join("effects.jsonl")
}

fn kinds(name: &str, program: &Path, effects_file: &Path) -> String {
    format!(
        "[[kind]]\n\
         name = \"{name}\"\n\
         description = \"Leaves lines in the effects file.\"\n\
         program = \"{}\"\n\
         arguments = [\"{}\"]\n\
         payload_schema = {{ type = \"object\" }}\n\
         timeout_seconds = 120\n\
         memory_limit_mb = 512\n",
        program.display(),
        effects_file.display(),
    )
}
