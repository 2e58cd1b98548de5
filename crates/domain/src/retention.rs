//! How long finished jobs, their results and their logs are kept.

/// The longest period, in days: ten years.
pub const RETENTION_LIMIT_DAYS: u32 = 3_650;

/// How long a finished job, its result and its log are kept, each in days from the end of the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionPeriods {
    jobs_days: u32,
    results_days: u32,
    logs_days: u32,
}

/// Periods that cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRetention {
    /// A period is no number of days within the limits.
    #[error("each period must be from 1 to {RETENTION_LIMIT_DAYS} days")]
    OutOfRange,
    /// Something of a job would be kept longer than the job.
    #[error("results and logs cannot be kept longer than their jobs: they go with them")]
    LongerThanJobs,
}

impl RetentionPeriods {
    /// Periods in days, each from 1 to [`RETENTION_LIMIT_DAYS`].
    ///
    /// # Errors
    /// A period is out of range, or results or logs would be kept longer than their jobs.
    pub fn new(
        jobs_days: u32,
        results_days: u32,
        logs_days: u32,
    ) -> Result<Self, InvalidRetention> {
        let periods = [jobs_days, results_days, logs_days];
        if !periods
            .iter()
            .all(|days| (1..=RETENTION_LIMIT_DAYS).contains(days))
        {
            return Err(InvalidRetention::OutOfRange);
        }
        if results_days > jobs_days || logs_days > jobs_days {
            return Err(InvalidRetention::LongerThanJobs);
        }
        Ok(Self {
            jobs_days,
            results_days,
            logs_days,
        })
    }

    /// How long jobs are kept, with all that was not deleted before.
    pub const fn jobs_days(self) -> u32 {
        self.jobs_days
    }

    /// How long results are kept.
    pub const fn results_days(self) -> u32 {
        self.results_days
    }

    /// How long log lines are kept.
    pub const fn logs_days(self) -> u32 {
        self.logs_days
    }
}

impl Default for RetentionPeriods {
    /// Jobs and results for 90 days, logs for 30.
    fn default() -> Self {
        Self {
            jobs_days: 90,
            results_days: 90,
            logs_days: 30,
        }
    }
}
