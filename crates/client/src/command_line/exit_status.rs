//! Every exit status of `gantry`.

use std::process::ExitCode;

use gantry_domain::JobState;

/// The statuses, for `--help`.
pub(crate) const EXIT_STATUS_HELP: &str = "\
Exit status:
    0  done; where a job was followed or its log shown: it succeeded, or has not ended yet
    1  the job failed
    2  the command line is not understood
    3  the job was cancelled
    4  the API refused, could not be reached, or something on this machine went wrong
  130  Ctrl-C while following; the job goes on";

/// How `gantry` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// Done.
    Succeeded,
    /// The job in question failed.
    JobFailed,
    /// The command line is not understood.
    Usage,
    /// The job in question was cancelled.
    JobCancelled,
    /// The API refused, could not be reached, or something on this machine went wrong.
    Failed,
    /// Ended by Ctrl-C.
    Interrupted,
}

impl ExitStatus {
    /// The status that tells how a job stands.
    pub(crate) fn of_job(state: JobState) -> Self {
        match state {
            JobState::Failed => Self::JobFailed,
            JobState::Cancelled => Self::JobCancelled,
            JobState::Succeeded | JobState::Scheduled | JobState::Queued | JobState::Running => {
                Self::Succeeded
            }
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Succeeded => 0,
            ExitStatus::JobFailed => 1,
            ExitStatus::Usage => 2,
            ExitStatus::JobCancelled => 3,
            ExitStatus::Failed => 4,
            ExitStatus::Interrupted => 130,
        })
    }
}
