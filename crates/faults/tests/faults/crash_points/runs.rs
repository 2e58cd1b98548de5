//! A worker dies between any two steps of running jobs, or of leaving.

use gantry_crash_points::CrashPoint;
use gantry_domain::JobId;
use gantry_faults::{Doomed, Effect, Installation};
use serde_json::json;

use super::{Story, points_of};
use crate::{LIMIT, installation};

/// More than a worker runs at once, so that each step is taken more than once.
const JOBS: usize = 6;
const GATE: &str = "departures";

/// A worker with a queue of its own, whose jobs nobody else takes before it is dead; half of them wait for the others.
struct Life {
    queue: String,
    labels: Vec<String>,
    ids: Vec<JobId>,
    worker: Doomed,
}

impl Life {
    /// Under load: it dies when it comes to its point for the second time, except where it comes there once.
    async fn running(installation: &Installation, point: CrashPoint) -> Self {
        let count = if point == CrashPoint::WorkerRegistered {
            1
        } else {
            2
        };
        Self::begin(installation, point, count, |effect| effect.printing(2)).await
    }

    /// Its jobs go on until the gate is opened, so that it has to hand them back.
    async fn departing(installation: &Installation, point: CrashPoint) -> Self {
        let gate = installation.gate(GATE);
        let mut life =
            Self::begin(installation, point, 1, |effect| effect.until(gate.clone())).await;
        installation.wait_for_runs(&life.labels[0], 1, LIMIT).await;
        life.worker.terminate();
        life
    }

    async fn begin(
        installation: &Installation,
        point: CrashPoint,
        count: u32,
        with: impl Fn(Effect) -> Effect,
    ) -> Self {
        let queue = format!("doomed-{}", point.name().replace('_', "-"));
        let labels: Vec<_> = (0..JOBS)
            .map(|number| format!("{queue}-{number}"))
            .collect();
        let mut ids = Vec::new();
        for label in &labels {
            let mut request = with(Effect::new(label)).request();
            request["queue"] = json!(queue);
            // Every second job waits for the one before it.
            if ids.len() % 2 == 1 {
                request["depends_on"] = json!([ids[ids.len() - 1]]);
            }
            ids.push(installation.calls.submit(&request).await);
        }
        let environment = [
            ("GANTRY_WORKER_QUEUES", queue.as_str()),
            ("GANTRY_WORKER_DRAIN_TIMEOUT_SECONDS", "0"),
        ];
        let worker = installation.start_doomed_worker(point, count, &environment);
        Self {
            queue,
            labels,
            ids,
            worker,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_at_any_point_of_its_runs_loses_no_job_and_overlaps_with_none() {
    let mut installation = installation().start().await;
    installation.start_caretaker();
    let mut lives = Vec::new();
    for point in points_of(Story::Runs) {
        lives.push(Life::running(&installation, point).await);
    }
    others_end_the_jobs_of(lives, &mut installation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_of_a_worker_that_died_before_it_told_of_it_comes_back() {
    let mut installation = installation().start().await;
    installation.start_caretaker();
    installation.calls.limit_effects(1).await;
    let mut lives = Vec::new();
    for point in points_of(Story::LimitedRuns) {
        lives.push(Life::running(&installation, point).await);
    }
    others_end_the_jobs_of(lives, &mut installation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_at_any_point_of_its_departure_loses_no_job_and_overlaps_with_none() {
    let mut installation = installation().start().await;
    installation.start_caretaker();
    let mut lives = Vec::new();
    for point in points_of(Story::Departure) {
        lives.push(Life::departing(&installation, point).await);
    }
    for life in &mut lives {
        life.worker.wait_until_dead(LIMIT).await;
    }
    installation.open_gate(GATE);
    others_end_the_jobs_of(lives, &mut installation).await;
}

async fn others_end_the_jobs_of(mut lives: Vec<Life>, installation: &mut Installation) {
    for life in &mut lives {
        life.worker.wait_until_dead(LIMIT).await;
    }
    let queues: Vec<_> = lives.iter().map(|life| life.queue.as_str()).collect();
    installation.start_worker_with(&[("GANTRY_WORKER_QUEUES", &queues.join(","))]);
    let ids: Vec<_> = lives.iter().flat_map(|life| life.ids.clone()).collect();
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    let labels = lives.iter().flat_map(|life| &life.labels);
    let labels: Vec<_> = labels.map(String::as_str).collect();
    installation.assert_sound(&labels).await;
}
