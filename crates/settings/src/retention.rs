//! How long finished jobs, their results and their logs are kept.

use clap::Args;

use crate::error::SettingError;
use crate::value::whole_number;

/// The longest period, in days.
const LONGEST_DAYS: u32 = 3_650;
/// How long logs are kept unless the operator says otherwise, in days.
const LOGS_DAYS: u32 = 30;

/// How long finished jobs, their results and their logs are kept, for tenants without periods of their own.
#[derive(Debug, Clone, Args)]
pub struct RetentionSettings {
    /// Days that a finished job is kept
    #[arg(
        id = "retention-jobs-days", long, env = "GANTRY_RETENTION_JOBS_DAYS", value_name = "DAYS",
        default_value = "90", value_parser = whole_number(1..=LONGEST_DAYS)
    )]
    pub jobs_days: u32,

    /// Days that the result of a finished job is kept; as long as the job when unset
    #[arg(
        id = "retention-results-days", long, env = "GANTRY_RETENTION_RESULTS_DAYS", value_name = "DAYS",
        value_parser = whole_number(1..=LONGEST_DAYS)
    )]
    results_days: Option<u32>,

    /// Days that the log of a finished job is kept; 30, or as long as the job, when unset
    #[arg(
        id = "retention-logs-days", long, env = "GANTRY_RETENTION_LOGS_DAYS", value_name = "DAYS",
        value_parser = whole_number(1..=LONGEST_DAYS)
    )]
    logs_days: Option<u32>,
}

impl RetentionSettings {
    /// How long results are kept, in days.
    pub fn results_days(&self) -> u32 {
        self.results_days.unwrap_or(self.jobs_days)
    }

    /// How long logs are kept, in days.
    pub fn logs_days(&self) -> u32 {
        self.logs_days.unwrap_or(LOGS_DAYS.min(self.jobs_days))
    }

    pub(crate) fn check(&self) -> Result<(), SettingError> {
        for (setting, days) in [
            ("GANTRY_RETENTION_RESULTS_DAYS", self.results_days()),
            ("GANTRY_RETENTION_LOGS_DAYS", self.logs_days()),
        ] {
            if days > self.jobs_days {
                return Err(SettingError::Contradiction {
                    setting,
                    other: "GANTRY_RETENTION_JOBS_DAYS",
                    remedy: "what belongs to a job goes with it, so nothing of it can be kept longer",
                });
            }
        }
        Ok(())
    }
}
