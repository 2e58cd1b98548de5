//! `qe.relax.v1` with the real `pw.x`: its results, its progress, and how it is stopped and refused.

#[path = "handler_support/bench.rs"]
mod bench;
#[path = "handler_support/computing.rs"]
mod computing;
#[path = "handler_support/quantum_espresso.rs"]
mod quantum_espresso;
#[path = "handler_support/worker_in_process.rs"]
mod worker_in_process;

use std::path::Path;

use bench::Bench;
use computing::nothing_computes;
use gantry_domain::{Job, JobState, LogStream, NewJob};
use gantry_worker::Handler;
use gantry_worker::handlers::QeInstallation;
use quantum_espresso::{
    ALUMINIUM_SLAB, EXAMPLES, HYDROGEN_FAST, PSEUDO_DIR, aluminium_slab_slowly, handler,
    handler_within,
};
use serde_json::{Value, json};
use worker_in_process::failure;

const KIND: &str = "qe.relax.v1";

fn relaxation(bench: &Bench, input: &str) -> NewJob {
    NewJob {
        queue: "qe".parse().expect("a queue"),
        ..bench.job(KIND, json!({ "input": input }))
    }
}

/// Runs one input to its end.
async fn relax(input: &str) -> (Bench, Job) {
    let bench = Bench::create().await;
    let worker = bench.start_worker(handler(&bench)).await;
    let job = bench.run(relaxation(&bench, input)).await;
    worker.stop().await;
    bench.scratch_is_removed().await;
    (bench, job)
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("not a number: {value}"))
}

#[tokio::test]
async fn the_examples_end_where_they_were_measured_to_end() {
    let measured: Value = serde_json::from_str(include_str!(
        "../../../crates/quantum-espresso/tests/expected.json"
    ))
    .expect("valid JSON");
    let bench = Bench::create().await;
    let worker = bench.start_worker(handler(&bench)).await;
    let mut jobs = Vec::new();
    for (name, input) in EXAMPLES {
        jobs.push((name, bench.submit(relaxation(&bench, input)).await));
    }
    for (name, job_id) in jobs {
        let job = bench.ended(job_id).await;
        assert_eq!(
            job.summary.state,
            JobState::Succeeded,
            "{name}: {:?}",
            job.summary.error
        );
        let result = job.result.expect("a result");
        assert_as_measured(name, &result, &measured);
    }
    worker.stop().await;
}

fn assert_as_measured(name: &str, result: &Value, measured: &Value) {
    let (expected, tolerances) = (&measured["relax"][name], &measured["tolerances"]);
    let off = number(&result["total_energy_ry"]) - number(&expected["total_energy_ry"]);
    let tolerance = number(&tolerances["relax_energy_ry"]);
    assert!(off.abs() <= tolerance, "{name}: energy off by {off} Ry");
    assert_eq!(result["converged"], expected["truly_converged"], "{name}");
    let reason = &result["not_converged_reason"];
    assert_eq!(
        reason.is_null(),
        result["converged"] == true,
        "{name}: {reason}"
    );
    assert_eq!(result["ionic_steps"], expected["n_ionic_steps"], "{name}");
    assert_eq!(
        result["scf_iterations"], expected["scf_iterations_total"],
        "{name}"
    );
    assert_eq!(result["earlier_forces_omitted"], false);
    let atoms = result["final_geometry"]["atoms"]
        .as_array()
        .expect("a list");
    for (index, atom) in atoms.iter().enumerate() {
        let position = &expected["positions_angstrom"][index];
        assert_eq!(atom["symbol"], position[0], "{name}");
        for axis in 0..3 {
            let off = number(&atom["position_angstrom"][axis]) - number(&position[1][axis]);
            let tolerance = number(&tolerances["relax_position_ang"]);
            assert!(
                off.abs() <= tolerance,
                "{name}: atom {index} off by {off} Å"
            );
        }
    }
}

#[tokio::test]
async fn the_log_holds_the_whole_output_of_the_program_and_its_last_line_the_verdict() {
    let (bench, job) = relax(HYDROGEN_FAST).await;
    let log = bench.log(job.summary.id).await;
    let output: Vec<_> = log
        .iter()
        .filter(|line| line.stream == LogStream::Stdout)
        .collect();
    assert!(
        output
            .iter()
            .any(|line| line.text.contains("Program PWSCF"))
    );
    assert!(output.iter().any(|line| line.text.contains("JOB DONE.")));
    let last = log.last().expect("lines");
    assert_eq!(last.stream, LogStream::Handler);
    assert!(
        last.text
            .starts_with("converged after 4 ionic steps: -2.24155"),
        "{}",
        last.text
    );
    let progress = job.summary.progress.expect("progress");
    assert_eq!(progress["step"], 4);
    assert!((number(&progress["energy_ry"]) + 2.24155).abs() < 1e-4);
    assert!(number(&progress["total_force_ry_bohr"]) < 1e-4);
}

#[tokio::test]
async fn progress_is_seen_while_it_computes_and_a_cancel_ends_it() {
    let bench = Bench::create().await;
    let worker = bench.start_worker(handler(&bench)).await;
    let job_id = bench
        .submit(relaxation(&bench, &aluminium_slab_slowly()))
        .await;
    let running = bench
        .job_when(job_id, |job| {
            let progress = job.summary.progress.as_ref();
            progress.is_some_and(|progress| progress["step"].as_u64() >= Some(1))
        })
        .await;
    assert_eq!(running.summary.state, JobState::Running);
    bench.cancel(job_id).await;
    let job = bench.ended(job_id).await;
    assert_eq!(job.summary.state, JobState::Cancelled);
    nothing_computes(&bench).await;
    bench.scratch_is_removed().await;
    let log = bench.log(job_id).await;
    assert!(
        log.iter()
            .any(|line| line.text.contains("Program stopped by user request")),
        "it was to stop at the file, not at a signal"
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_calculation_out_of_time_is_stopped_and_says_so() {
    let bench = Bench::create().await;
    let worker = bench.start_worker(handler(&bench)).await;
    let job = bench
        .run(NewJob {
            timeout_seconds: 1,
            ..relaxation(&bench, &aluminium_slab_slowly())
        })
        .await;
    let (state, code, _) = failure(&job);
    assert_eq!((state, code), (JobState::Failed, "deadline_exceeded"));
    nothing_computes(&bench).await;
    worker.stop().await;
}

#[tokio::test]
async fn a_wall_time_of_its_own_ends_a_calculation_with_what_it_has() {
    let bench = Bench::create().await;
    let worker = bench.start_worker(handler(&bench)).await;
    let payload =
        json!({ "input": aluminium_slab_slowly(), "options": { "max_wall_seconds": 12 } });
    let job = bench.run(bench.job(KIND, payload)).await;
    let result = job.result.expect("a result");
    assert_eq!(result["converged"], false);
    let reason = &result["not_converged_reason"];
    assert_eq!(reason, "the run reached its time limit");
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_that_stops_gives_the_calculation_back_for_another_to_finish() {
    let bench = Bench::create().await;
    let first = bench.start_worker(handler(&bench)).await;
    let job_id = bench.submit(relaxation(&bench, ALUMINIUM_SLAB)).await;
    bench
        .job_when(job_id, |job| job.summary.progress.is_some())
        .await;
    first.stop().await;
    nothing_computes(&bench).await;
    assert_eq!(bench.look_at(job_id).await.summary.state, JobState::Queued);
    let second = bench.start_worker(handler(&bench)).await;
    let job = bench.ended(job_id).await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    assert_eq!((job.summary.attempt, job.summary.losses), (1, 0));
    let energy_ry = number(&job.result.expect("a result")["total_energy_ry"]);
    assert!((energy_ry + 16.608_050_185_9).abs() < 1e-6, "{energy_ry}");
    second.stop().await;
}

#[tokio::test]
async fn hostile_input_is_refused_for_good_and_each_key_is_named() {
    let hostile = HYDROGEN_FAST
        .replace("nstep", "lelfield = .true., nstep")
        .replace("'job'", "'../../escaped'")
        .replace("ecutwfc", "ecutwfc = 1d9, nat = 20000000, unknown_key");
    let (bench, job) = relax(&hostile).await;
    let (state, code, _) = failure(&job);
    assert_eq!((state, code), (JobState::Failed, "invalid_payload"));
    let detail = job.summary.error.expect("an error").detail.expect("more");
    let paths: Vec<_> = detail["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|error| error["path"].as_str())
        .collect();
    for key in ["control.lelfield", "control.prefix", "system.unknown_key"] {
        assert!(paths.contains(&key), "{key} in {paths:?}");
    }
    assert!(bench.log(job.summary.id).await.is_empty());
}

#[tokio::test]
async fn what_has_no_effect_is_told_in_the_log() {
    let (bench, job) = relax(HYDROGEN_FAST).await;
    let log = bench.log(job.summary.id).await;
    for key in ["control.outdir", "control.prefix"] {
        let told = format!("{key} has no effect: ");
        assert!(log.iter().any(|line| line.text.starts_with(&told)), "{key}");
    }
}

#[tokio::test]
async fn a_pseudopotential_that_is_not_there_is_named() {
    let (_bench, job) = relax(&HYDROGEN_FAST.replace("H.pz-vbc.UPF", "H.nowhere.UPF")).await;
    let (state, code, message) = failure(&job);
    assert_eq!((state, code), (JobState::Failed, "missing_pseudopotential"));
    assert!(message.contains("H.nowhere.UPF"), "{message}");
}

#[tokio::test]
async fn a_calculation_that_expects_more_memory_than_it_may_use_is_ended_early() {
    let bench = Bench::create().await;
    // Less than pw.x expects for this cell, and enough to load it.
    let limit_bytes = 600 * 1024 * 1024;
    let worker = bench
        .start_worker(handler_within(limit_bytes, &bench))
        .await;
    let large = HYDROGEN_FAST.replace("ecutwfc", "nr1 = 250, nr2 = 250, nr3 = 250, ecutwfc");
    let job = bench.run(relaxation(&bench, &large)).await;
    let (state, code, message) = failure(&job);
    assert_eq!(
        (state, code),
        (JobState::Failed, "memory_limit"),
        "{message}"
    );
    assert!(message.contains("600 MB"), "{message}");
    nothing_computes(&bench).await;
    worker.stop().await;
}

#[tokio::test]
async fn the_kind_is_declared_with_its_queue_and_limits() {
    let bench = Bench::create().await;
    let declaration = handler(&bench).declaration();
    assert_eq!(declaration.name.as_str(), KIND);
    assert_eq!(declaration.queue.as_str(), "qe");
    assert_eq!(declaration.timeout_seconds, 6 * 3600);
    assert_eq!(declaration.retry.max_attempts, 2);
}

#[test]
fn without_an_installation_it_says_what_is_missing() {
    let find = |program: &str, pseudo_dir: &str| {
        let found = QeInstallation::find(
            Path::new(program),
            Path::new(pseudo_dir),
            Some("/usr/bin".as_ref()),
        );
        found.expect_err("not there").to_string()
    };
    let told = find("pw.nowhere", PSEUDO_DIR);
    assert!(
        told.starts_with("GANTRY_QE_PROGRAM: pw.nowhere was not found"),
        "{told}"
    );
    for folder in ["/nowhere/pseudo", "relative"] {
        let told = find("/bin/sh", folder);
        assert!(
            told.starts_with("GANTRY_QE_PSEUDO_DIR: ") && told.contains(folder),
            "{told}"
        );
    }
}
