//! The handlers as `gantry-worker` puts them together from its settings, in processes that are stopped and killed.

#[path = "handler_support/bench.rs"]
mod bench;
#[path = "handler_support/computing.rs"]
mod computing;

use std::path::Path;

use bench::{Bench, LIMIT};
use computing::nothing_computes;
use gantry_devkit::{Folder, ServiceProcess};
use gantry_domain::{Job, JobState, NewJob};
use serde_json::json;

const EXAMPLE_KINDS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../deploy/kinds.example.toml"
);
const ALUMINIUM_SLAB: &str =
    include_str!("../../../crates/quantum-espresso/inputs/al001_slab_fixed_relax.in");
const ALUMINIUM_SLAB_ENERGY_RY: f64 = -16.608_050_185_911_04;

/// Starts the worker's own binary; `settings` come on top of the usual.
fn start(bench: &Bench, folder: &Folder, name: &str, settings: &[(&str, &str)]) -> ServiceProcess {
    let scratch = bench.scratch.path();
    let usual = [
        ("APP_ENV", "test"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("DATABASE_URL", bench.database.url()),
        ("REDIS_URL", bench.redis.url()),
        (
            "GANTRY_REDIS_PREFIX",
            bench.redis.prefix().trim_end_matches(':'),
        ),
        ("GANTRY_WORKER_NAME", name),
        ("GANTRY_WORKER_HTTP_ADDR", "127.0.0.1:0"),
        (
            "GANTRY_WORKER_SCRATCH_DIR",
            scratch.to_str().expect("a plain path"),
        ),
        ("GANTRY_WORKER_LEASE_TTL_SECONDS", "2"),
        ("GANTRY_WORKER_HEARTBEAT_SECONDS", "1"),
        ("GANTRY_WORKER_DRAIN_TIMEOUT_SECONDS", "0"),
    ];
    let environment: Vec<_> = usual
        .iter()
        .chain(settings)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let program = Path::new(env!("CARGO_BIN_EXE_gantry-worker"));
    ServiceProcess::start(folder, name, program, &environment).expect("the worker starts")
}

fn relaxation(bench: &Bench) -> NewJob {
    NewJob {
        queue: "qe".parse().expect("a queue"),
        ..bench.job("qe.relax.v1", json!({ "input": ALUMINIUM_SLAB }))
    }
}

fn assert_relaxed(job: &Job) {
    assert_eq!(
        job.summary.state,
        JobState::Succeeded,
        "{:?}",
        job.summary.error
    );
    let energy_ry = job.result.as_ref().expect("a result")["total_energy_ry"]
        .as_f64()
        .expect("a number");
    assert!(
        (energy_ry - ALUMINIUM_SLAB_ENERGY_RY).abs() < 1e-6,
        "{energy_ry}"
    );
}

#[tokio::test]
async fn the_example_kinds_run_as_their_comments_say() {
    let bench = Bench::create().await;
    let folder = Folder::temporary().expect("a folder");
    let _worker = start(
        &bench,
        &folder,
        "worker",
        &[("GANTRY_KINDS_FILE", EXAMPLE_KINDS)],
    );
    let payload = json!({ "text": "over and over" });
    let echo = bench
        .run(bench.job("example.echo.v1", payload.clone()))
        .await;
    assert_eq!(echo.result, Some(payload));
    let progress = json!({ "percent": 90, "message": "writing the result" });
    assert_eq!(echo.summary.progress, Some(progress));
    let checksum = bench.run(bench.job("example.checksum.v1", json!({}))).await;
    assert_eq!(checksum.result, Some(json!({ "exit_code": 0 })));
    let checksum_of_empty_object =
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  -";
    assert_eq!(
        bench.log(checksum.summary.id).await[0].text,
        checksum_of_empty_object
    );
}

#[tokio::test]
async fn a_worker_without_quantum_espresso_says_so_and_serves_its_other_kinds() {
    let bench = Bench::create().await;
    let folder = Folder::temporary().expect("a folder");
    let worker = start(
        &bench,
        &folder,
        "worker",
        &[("GANTRY_QE_PROGRAM", "pw.nowhere")],
    );
    let job = bench.run(bench.job("system.ping", json!({}))).await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    let announced = bench
        .database
        .number("SELECT count(*) FROM kinds WHERE name = 'qe.relax.v1'")
        .await;
    assert_eq!(announced, 0);
    let log = std::fs::read_to_string(worker.log_path()).expect("a log");
    assert!(
        log.contains("pw.nowhere was not found in the worker's PATH"),
        "{log}"
    );
}

#[tokio::test]
async fn a_kinds_file_that_is_wrong_stops_the_start() {
    let bench = Bench::create().await;
    let folder = Folder::temporary().expect("a folder");
    let file = folder.path().join("kinds.toml");
    std::fs::write(&file, "[[kind]]\nname = 'qe.mine.v1'\n").expect("written");
    let file = file.to_str().expect("a plain path");
    let mut worker = start(&bench, &folder, "worker", &[("GANTRY_KINDS_FILE", file)]);
    let status = worker.wait_for_exit(LIMIT).expect("it ends");
    assert!(!status.success());
    let told = worker.log_tail();
    assert!(
        told.contains("GANTRY_KINDS_FILE") && told.contains("kinds.toml"),
        "{told}"
    );
}

#[tokio::test]
async fn a_terminated_worker_gives_its_calculation_back_without_costing_an_attempt() {
    let bench = Bench::create().await;
    let folder = Folder::temporary().expect("a folder");
    let mut first = start(&bench, &folder, "first", &[]);
    let job_id = bench.submit(relaxation(&bench)).await;
    bench
        .job_when(job_id, |job| job.summary.progress.is_some())
        .await;
    first.terminate().expect("a signal");
    let status = first.wait_for_exit(LIMIT).expect("it ends");
    assert!(status.success(), "{}", first.log_tail());
    let _second = start(&bench, &folder, "second", &[]);
    let job = bench.ended(job_id).await;
    assert_relaxed(&job);
    assert_eq!((job.summary.attempt, job.summary.losses), (1, 0));
    assert_eq!(job.summary.worker.as_deref(), Some("second"));
}

#[tokio::test]
async fn a_killed_worker_takes_its_calculation_along_and_another_does_it_anew() {
    let bench = Bench::create().await;
    let folder = Folder::temporary().expect("a folder");
    let mut first = start(&bench, &folder, "first", &[]);
    let job_id = bench.submit(relaxation(&bench)).await;
    bench
        .job_when(job_id, |job| job.summary.progress.is_some())
        .await;
    first.kill().expect("it is gone");
    nothing_computes(&bench).await;
    let _second = start(&bench, &folder, "second", &[]);
    let job = bench.ended(job_id).await;
    assert_relaxed(&job);
    assert_eq!((job.summary.attempt, job.summary.losses), (2, 1));
    assert_eq!(job.summary.worker.as_deref(), Some("second"));
}
