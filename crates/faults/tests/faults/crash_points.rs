//! Each point at which a service can die: what it was about to do is done all the same, and once.

mod api;
mod machines;
mod maintenance;
mod runs;

use gantry_crash_points::CrashPoint;

/// What has to happen for a service to come to a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// A client submits a job under a key.
    Submission,
    /// A client asks for the end of a running job.
    Cancellation,
    /// A client asks for a job to be run again.
    Redrive,
    /// A client asks for a schedule's job.
    ScheduleRun,
    /// The identity provider tells of a person who has signed up.
    SignUp,
    /// A person asks for an archive.
    Export,
    /// An operator resumes a queue.
    Resumption,
    /// A machine is let in.
    Enrolment,
    /// A machine is put out.
    Revocation,
    /// A worker starts and runs jobs.
    Runs,
    /// A worker runs jobs under a concurrency limit.
    LimitedRuns,
    /// A worker is told to stop in the middle of jobs.
    Departure,
    /// A worker does the maintenance.
    Maintenance,
}

/// The compiler names a point that is missing here, so none is without its test.
const fn story(point: CrashPoint) -> Story {
    use CrashPoint as Point;
    match point {
        Point::SubmissionsGathered
        | Point::SubmissionsCommitted
        | Point::DoorbellsTaken
        | Point::DoorbellsRung => Story::Submission,
        Point::CancellationCommitted | Point::CancellationPublished => Story::Cancellation,
        Point::RedriveCommitted => Story::Redrive,
        Point::ScheduleRunCommitted => Story::ScheduleRun,
        Point::NoticeCommitted => Story::SignUp,
        Point::ExportCommitted => Story::Export,
        Point::HoldLifted => Story::Resumption,
        Point::MachineEnrolled => Story::Enrolment,
        Point::MachineRevoked | Point::MachineUserRemoved => Story::Revocation,
        Point::WorkerRegistered
        | Point::DoorbellsDelivered
        | Point::JobsClaimed
        | Point::RunsStarted
        | Point::DoorbellsAcknowledged
        | Point::LinesStored
        | Point::LinesPublished
        | Point::RunEnded
        | Point::OutcomesWritten
        | Point::OutcomesPublished => Story::Runs,
        Point::NextJobsFound => Story::LimitedRuns,
        Point::RunsReleased
        | Point::DoorbellsGivenBack
        | Point::WorkerDrained
        | Point::NameForgotten
        | Point::SignedOff => Story::Departure,
        Point::DueJobsQueued
        | Point::LostJobsQueued
        | Point::LostJobsRung
        | Point::SchedulesFired
        | Point::WaitingJobsFound
        | Point::WaitingJobsRung
        | Point::GoneWorkerFound => Story::Maintenance,
    }
}

fn points_of(wanted: Story) -> impl Iterator<Item = CrashPoint> {
    let points = CrashPoint::ALL.iter().copied();
    points.filter(move |point| story(*point) == wanted)
}
