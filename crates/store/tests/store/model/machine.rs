//! The state machine in memory, as the protocol document tells it.

use std::collections::HashMap;

use gantry_domain::{JobState, MAX_LOSSES, retry_budget_is_spent};

use super::history::Write;

/// A job as the model sees it, and as its row is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelJob {
    pub state: JobState,
    pub attempt: u32,
    pub losses: u32,
    pub max_attempts: u32,
    pub dispatch: u32,
    pub end_was_asked_for: bool,
}

/// A worker process; a number is used again by the next one.
#[derive(Debug, Clone, Default)]
struct ModelWorker {
    has_lost_its_lease: bool,
    /// For each job, the dispatches of the runs it claimed.
    claims: HashMap<usize, Vec<u32>>,
}

/// All jobs and workers.
#[derive(Debug, Default)]
pub struct Machine {
    pub jobs: Vec<ModelJob>,
    workers: Vec<ModelWorker>,
    /// Of each running job: the worker that runs it, none if that process was replaced and is not on record as alive.
    runners: HashMap<usize, Option<usize>>,
    redrives: HashMap<usize, usize>,
    /// Jobs whose worker was replaced while its lease still held.
    held_by_former_workers: Vec<usize>,
}

impl Machine {
    pub fn new(workers: usize) -> Self {
        Self {
            workers: vec![ModelWorker::default(); workers],
            ..Self::default()
        }
    }

    pub fn submit(&mut self, later: bool, max_attempts: u32) {
        let state = if later {
            JobState::Scheduled
        } else {
            JobState::Queued
        };
        self.jobs.push(ModelJob {
            state,
            attempt: 0,
            losses: 0,
            max_attempts,
            dispatch: 1,
            end_was_asked_for: false,
        });
    }

    /// The attempt that begins, if the claim succeeds.
    pub fn claim(&mut self, worker: usize, job: usize, dispatch: u32) -> Option<u32> {
        let model = &mut self.jobs[job];
        let waits = model.state == JobState::Queued && model.dispatch == dispatch;
        if !waits || self.workers[worker].has_lost_its_lease {
            return None;
        }
        model.state = JobState::Running;
        model.attempt += 1;
        self.runners.insert(job, Some(worker));
        self.workers[worker]
            .claims
            .entry(job)
            .or_default()
            .push(dispatch);
        Some(model.attempt)
    }

    /// The dispatch of the run the worker claimed last, or of the one before.
    pub fn claimed(&self, worker: usize, job: usize, is_former: bool) -> Option<u32> {
        let claims = self.workers[worker].claims.get(&job)?;
        claims.iter().rev().nth(usize::from(is_former)).copied()
    }

    /// Whether the worker's word counts.
    pub fn write(&mut self, worker: usize, job: usize, dispatch: u32, write: Write) -> bool {
        let model = &mut self.jobs[job];
        let is_its_own = model.state == JobState::Running
            && model.dispatch == dispatch
            && self.runners.get(&job) == Some(&Some(worker))
            && !self.workers[worker].has_lost_its_lease;
        if !is_its_own {
            return false;
        }
        let unless_cancelled = |state| {
            if model.end_was_asked_for {
                JobState::Cancelled
            } else {
                state
            }
        };
        match write {
            Write::Progress => {}
            Write::Complete => model.state = JobState::Succeeded,
            Write::MarkCancelled if !model.end_was_asked_for => return false,
            Write::MarkCancelled => model.state = JobState::Cancelled,
            Write::FailForGood => model.state = unless_cancelled(JobState::Failed),
            Write::Fail => {
                let is_spent =
                    retry_budget_is_spent(model.attempt, model.losses, model.max_attempts);
                let next = if is_spent {
                    JobState::Failed
                } else {
                    JobState::Scheduled
                };
                model.state = unless_cancelled(next);
            }
            Write::Release | Write::Snooze => {
                let next = match write {
                    Write::Release => JobState::Queued,
                    _ => JobState::Scheduled,
                };
                model.state = unless_cancelled(next);
                model.attempt -= 1;
                model.dispatch += u32::from(model.state == JobState::Queued);
            }
        }
        if model.state != JobState::Running {
            self.runners.remove(&job);
        }
        true
    }

    /// The state in which the wish found the job.
    pub fn cancel(&mut self, job: usize) -> JobState {
        let model = &mut self.jobs[job];
        let found = model.state;
        if !found.is_terminal() {
            model.end_was_asked_for = true;
            if found != JobState::Running {
                model.state = JobState::Cancelled;
            }
        }
        found
    }

    pub fn redrive(&mut self, job: usize) -> bool {
        let model = &mut self.jobs[job];
        if !matches!(model.state, JobState::Failed | JobState::Cancelled) {
            return false;
        }
        *model = ModelJob {
            state: JobState::Queued,
            attempt: model.attempt,
            losses: 0,
            max_attempts: model.max_attempts.max(model.attempt + 1),
            dispatch: model.dispatch + 1,
            end_was_asked_for: false,
        };
        *self.redrives.entry(job).or_default() += 1;
        true
    }

    pub fn redrives(&self, job: usize) -> usize {
        self.redrives.get(&job).copied().unwrap_or_default()
    }

    /// How many jobs were queued.
    pub fn enqueue_due(&mut self) -> usize {
        let mut count = 0;
        for model in self
            .jobs
            .iter_mut()
            .filter(|job| job.state == JobState::Scheduled)
        {
            model.state = JobState::Queued;
            model.dispatch += 1;
            count += 1;
        }
        count
    }

    pub fn end_lease(&mut self, worker: usize) {
        self.workers[worker].has_lost_its_lease = true;
    }

    /// The former process keeps its lease, if it has one, and its jobs, and is not heard of again.
    pub fn replace_worker(&mut self, worker: usize) {
        let had_lost_its_lease = self.workers[worker].has_lost_its_lease;
        self.workers[worker] = ModelWorker::default();
        for (job, runner) in &mut self.runners {
            if *runner == Some(worker) {
                *runner = None;
                if !had_lost_its_lease {
                    self.held_by_former_workers.push(*job);
                }
            }
        }
    }

    /// How many jobs were taken back.
    pub fn rescue(&mut self) -> usize {
        let is_lost = |job: &usize, runner: &Option<usize>| match runner {
            Some(worker) => self.workers[*worker].has_lost_its_lease,
            None => !self.held_by_former_workers.contains(job),
        };
        let lost: Vec<usize> = self
            .runners
            .iter()
            .filter(|(job, runner)| is_lost(job, runner))
            .map(|(job, _)| *job)
            .collect();
        for job in &lost {
            self.runners.remove(job);
            let model = &mut self.jobs[*job];
            model.losses += 1;
            model.state = if model.end_was_asked_for {
                JobState::Cancelled
            } else if model.losses >= MAX_LOSSES {
                JobState::Failed
            } else {
                JobState::Queued
            };
            model.dispatch += u32::from(model.state == JobState::Queued);
        }
        lost.len()
    }
}
