//! A worker in the test's own process, around one handler.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gantry_domain::{Job, JobFailure, JobId, JobState};
use gantry_queue::CancelSignal;
use gantry_store::CancelOutcome;
use gantry_testkit::eventually;
use gantry_worker::process::{Guardian, ScratchRoot};
use gantry_worker::{Handler, ProgramRunner, Shutdown, WorkerBuilder, WorkerError, WorkerOptions};
use tokio::task::JoinHandle;

use crate::bench::{Bench, LIMIT, queue_options, store_options};

/// A worker inside the test's own process.
pub struct RunningWorker {
    shutdown: Shutdown,
    ending: JoinHandle<Result<(), WorkerError>>,
}

impl Bench {
    /// Runs programs under guardians that are the worker's own executable, as in production.
    pub fn programs(&self) -> ProgramRunner {
        let guardian = Guardian::of_executable(Path::new(env!("CARGO_BIN_EXE_gantry-worker")));
        ProgramRunner::new(
            guardian,
            ScratchRoot::open(self.scratch.path()).expect("a private folder"),
        )
    }

    /// Starts a worker with one handler.
    pub async fn start_worker(&self, handler: impl Handler) -> RunningWorker {
        let options = WorkerOptions {
            name: "bench".to_owned(),
            queues: ["default", "qe"]
                .map(|queue| queue.parse().expect("a queue"))
                .into(),
            concurrency: 8,
            lease_ttl: Duration::from_secs(30),
            heartbeat_interval: Duration::from_secs(1),
            drain_timeout: Duration::ZERO,
            http_addr: ([127, 0, 0, 1], 0).into(),
        };
        let shutdown = Shutdown::new();
        let worker = WorkerBuilder::new(options)
            .handler(handler)
            .expect("the only handler")
            .build(
                &store_options(&self.database),
                &queue_options(&self.redis),
                shutdown.clone(),
            )
            .await
            .expect("right addresses");
        RunningWorker {
            shutdown,
            ending: tokio::spawn(worker.run()),
        }
    }

    /// Asks for the end of a running job as the API does.
    pub async fn cancel(&self, job_id: JobId) {
        let error = JobFailure::new("cancelled", "a test asked for it");
        let tenant = self.api.tenant(self.tenant_id);
        let outcome = tenant.cancel_job(job_id, &error).await.expect("an answer");
        let CancelOutcome::Requested {
            worker_id,
            dispatch,
        } = outcome
        else {
            panic!("the job was not running: {outcome:?}");
        };
        let signal = CancelSignal {
            worker_id,
            job_id,
            dispatch,
        };
        self.queue.request_cancels(&[signal]).await.expect("sent");
    }

    /// Waits until no scratch folder of a job is left.
    pub async fn scratch_is_removed(&self) {
        eventually(LIMIT, || async {
            let left = folders_of_jobs(self.scratch.path());
            if left.is_empty() { Ok(()) } else { Err(left) }
        })
        .await;
    }
}

impl RunningWorker {
    /// Asks the worker to hand its jobs back, and waits until nothing of it is left.
    pub async fn stop(self) {
        self.shutdown.request();
        let ended = self.ending.await.expect("no panic");
        ended.expect("an orderly end");
    }
}

/// The state, the error's code and the error's message, for comparing.
pub fn failure(job: &Job) -> (JobState, &str, &str) {
    let error = job.summary.error.as_ref().expect("an error");
    (job.summary.state, &error.code, &error.message)
}

fn folders_of_jobs(root: &Path) -> Vec<PathBuf> {
    let folders = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
    };
    folders(root).flat_map(|worker| folders(&worker)).collect()
}
