//! The steps of which a random history is made.

use proptest::collection::vec;
use proptest::prelude::*;

/// How many workers act at a time.
pub const WORKERS: usize = 2;
/// How many jobs there are; few, so that the steps of a history meet.
pub const JOBS: usize = 2;

/// With what a history begins: of each job, whether it is for later, and how many attempts it gets.
pub fn submissions() -> impl Strategy<Value = Vec<(bool, u32)>> {
    vec((prop::bool::weighted(0.2), 1..4u32), JOBS)
}

/// What someone does.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// A doorbell is heard.
    Claim {
        worker: usize,
        job: usize,
        doorbell: Heard,
    },
    /// A worker writes for a run of a job it once claimed, the last or the one before, whether it is still its own or not.
    Write {
        worker: usize,
        job: usize,
        is_former: bool,
        outcome: Write,
    },
    Cancel(usize),
    Redrive(usize),
    /// Scheduled jobs become due and are queued; their doorbells are heard when a claim names them.
    TimePasses,
    EndLease(usize),
    /// Another process takes the worker's place.
    NewWorker(usize),
    Rescue,
}

/// Which doorbell of a job is heard.
#[derive(Debug, Clone, Copy)]
pub enum Heard {
    /// The last one, for the first time or again.
    Present,
    /// An earlier one that went astray.
    Former,
    /// One that nobody has rung.
    Forged,
}

/// What a worker writes for a run.
#[derive(Debug, Clone, Copy)]
pub enum Write {
    Complete,
    Fail,
    FailForGood,
    Release,
    Snooze,
    MarkCancelled,
    Progress,
}

pub fn step() -> impl Strategy<Value = Step> {
    let heard =
        prop_oneof![6 => Just(Heard::Present), 1 => Just(Heard::Former), 1 => Just(Heard::Forged)];
    let write = prop_oneof![
        2 => Just(Write::Complete),
        4 => Just(Write::Fail),
        1 => Just(Write::FailForGood),
        2 => Just(Write::Release),
        2 => Just(Write::Snooze),
        2 => Just(Write::MarkCancelled),
        1 => Just(Write::Progress),
    ];
    prop_oneof![
        12 => (0..WORKERS, 0..JOBS, heard).prop_map(|(worker, job, doorbell)| Step::Claim { worker, job, doorbell }),
        10 => (0..WORKERS, 0..JOBS, prop::bool::weighted(0.2), write)
            .prop_map(|(worker, job, is_former, outcome)| Step::Write { worker, job, is_former, outcome }),
        2 => (0..JOBS).prop_map(Step::Cancel),
        3 => (0..JOBS).prop_map(Step::Redrive),
        3 => Just(Step::TimePasses),
        2 => (0..WORKERS).prop_map(Step::EndLease),
        3 => (0..WORKERS).prop_map(Step::NewWorker),
        3 => Just(Step::Rescue),
    ]
}
