//! Machines of tenants' own: at work beside the operator's workers, and put out without harm to anybody else.

use std::process::ExitStatus;

use gantry_domain::JobState;
use gantry_faults::{Calls, Effect, Installation};
use gantry_testkit::eventually;

use crate::{LIMIT, installation};

const QUEUE: &str = "own-bench";

/// An installation with a worker of the operator's and a machine of one tenant.
struct World {
    installation: Installation,
    owner: Calls,
    machine: usize,
}

async fn world() -> World {
    let mut installation = installation().start().await;
    let operators = installation.start_worker();
    installation
        .wait_for_readiness(operators, true, LIMIT)
        .await;
    let owner = installation.calls.in_own_space();
    let machine = installation.start_machine("bench-1", &owner, QUEUE).await;
    World {
        installation,
        owner,
        machine,
    }
}

impl World {
    /// How the machine's worker ended, and the last that it said.
    fn end_of_machine(&mut self) -> (ExitStatus, String) {
        let worker = self.installation.worker(self.machine);
        let status = worker
            .wait_for_exit(LIMIT)
            .unwrap_or_else(|error| panic!("{error}"));
        (status, worker.log_tail())
    }
}

fn own(effect: &Effect) -> serde_json::Value {
    let mut request = effect.request();
    request["queue"] = QUEUE.into();
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_machine_ends_and_its_job_runs_on_another_while_others_are_untouched() {
    let mut world = world().await;
    let gate = |world: &World, name| world.installation.gate(name);
    let theirs = Effect::new("theirs").until(gate(&world, "theirs"));
    let theirs = world.installation.calls.submit(&theirs.request()).await;
    let quick = Effect::new("quick").printing(3);
    let quick = world.owner.submit(&own(&quick)).await;
    world
        .installation
        .wait_until_all_succeeded(&[quick], LIMIT)
        .await;
    let mut log = world.owner.follow(quick, None).await;
    while log.next().await.is_some() {}
    let held = Effect::new("held").until(gate(&world, "held"));
    let held = world.owner.submit(&own(&held)).await;
    for label in ["theirs", "held"] {
        world.installation.wait_for_runs(label, 1, LIMIT).await;
    }

    world.owner.revoke_machine().await;

    let (status, last_words) = world.end_of_machine();
    assert_eq!(status.code(), Some(4), "{last_words}");
    assert!(last_words.contains("was revoked"), "{last_words}");
    eventually(LIMIT, async || {
        let job = world.owner.job(held).await;
        match job.summary.state {
            JobState::Queued => Ok(()),
            state => Err(state),
        }
    })
    .await;
    let owner = world.owner.clone();
    world
        .installation
        .start_machine("bench-2", &owner, QUEUE)
        .await;
    world.installation.wait_for_runs("held", 2, LIMIT).await;
    world.installation.open_gate("held");
    world.installation.open_gate("theirs");
    world
        .installation
        .wait_until_all_succeeded(&[theirs, held], LIMIT)
        .await;
    assert_eq!(world.installation.effects().runs_of("theirs").len(), 1);
    world
        .installation
        .assert_sound(&["theirs", "quick", "held"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_whose_token_has_expired_ends_and_says_so() {
    let mut world = world().await;
    let expire = "UPDATE worker_tokens SET expires_at = now() - interval '1 s'";
    world.installation.database.execute(expire).await;
    let (status, last_words) = world.end_of_machine();
    assert_eq!(status.code(), Some(3), "{last_words}");
    assert!(last_words.contains("has expired"), "{last_words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_works_on_after_redis_has_forgotten_its_user() {
    let mut world = world().await;
    world.installation.stack.redis().restart_empty().unwrap();
    let job = world.owner.submit(&own(&Effect::new("after"))).await;
    world
        .installation
        .wait_until_all_succeeded(&[job], LIMIT)
        .await;
    world.installation.assert_sound(&["after"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_told_to_stop_gives_back_what_it_runs_at_no_cost() {
    let mut world = world().await;
    let gate = world.installation.gate("long");
    let job = Effect::new("long").until(gate);
    let job = world.owner.submit(&own(&job)).await;
    world.installation.wait_for_runs("long", 1, LIMIT).await;
    for _ in 0..2 {
        let machine = world.machine;
        world.installation.worker(machine).terminate().unwrap();
    }
    let (status, last_words) = world.end_of_machine();
    assert!(status.success(), "{last_words}");
    let job = world.owner.job(job).await;
    assert_eq!(job.summary.state, JobState::Queued);
    assert_eq!(job.summary.attempt, 0);
}
