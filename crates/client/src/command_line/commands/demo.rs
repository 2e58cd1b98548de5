//! The command `gantry demo`.

use gantry_client::{Client, FollowOptions, LogEvent, Submission};
use gantry_devkit::Stack;
use gantry_devkit::system_packages::Requirement;
use gantry_domain::{Job, JobId, KindName};
use gantry_quantum_espresso::{H2_RELAX_INPUT, RELAX_KIND, RelaxPayload, RelaxResult};

use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::{Failure, Result};
use crate::command_line::interrupt::Interrupt;
use crate::command_line::output::relaxation::{self, ProgressLine};
use crate::command_line::output::{Output, log, stack};
use crate::command_line::stack_session::{SessionEnd, StackSession};

/// Run a real calculation on a temporary stack, from submission to result
///
/// Starts a private PostgreSQL and Redis, the API and one worker, submits the relaxation of a hydrogen molecule as
/// qe.relax.v1, follows its log and shows what came of it. Then leaves the API up until Ctrl-C.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// End at once when the job has ended, with its status
    #[arg(long)]
    exit: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitStatus> {
    require_quantum_espresso()?;
    let mut output = Output::new();
    let mut interrupt = Interrupt::new()?;
    output.notice(stack::STARTING_TEMPORARY)?;
    let started = StackSession::start(Stack::builder(), &mut interrupt).await?;
    let Some(mut session) = started else {
        return Ok(ExitStatus::Interrupted);
    };
    let client = session.client()?;
    let status = tokio::select! {
        calculated = calculate(&client, &mut output) => calculated?,
        end = session.ended(&mut interrupt) => return end_early(end?, session).await,
    };
    if !arguments.exit {
        output.line(&stack::ready(&session.api_url(), &session.folder()))?;
        if let SessionEnd::ProcessEnded(failure) = session.ended(&mut interrupt).await? {
            return Err(failure);
        }
        output.notice(stack::STOPPING)?;
    }
    session.stop().await?;
    Ok(status)
}

fn require_quantum_espresso() -> Result<()> {
    if Requirement::QuantumEspresso.is_met() {
        return Ok(());
    }
    Err(Failure::Devkit(gantry_devkit::Error::ProgramMissing {
        program: "pw.x of Quantum ESPRESSO, or its pseudopotentials,".to_owned(),
        hint: "Debian and Ubuntu: apt-get install quantum-espresso quantum-espresso-data",
    }))
}

async fn end_early(end: SessionEnd, session: StackSession) -> Result<ExitStatus> {
    match end {
        SessionEnd::Asked => {
            session.stop().await?;
            Ok(ExitStatus::Interrupted)
        }
        SessionEnd::ProcessEnded(failure) => Err(failure),
    }
}

/// The whole calculation, seen from a user. A worker that is ready has announced its kinds.
async fn calculate(client: &Client, output: &mut Output) -> Result<ExitStatus> {
    let kind: KindName = RELAX_KIND.parse().expect("the kind's name is a valid one");
    let payload = serde_json::to_value(RelaxPayload {
        input: H2_RELAX_INPUT.to_owned(),
        options: None,
    })?;
    let submitted = client.submit(&Submission::new(kind, payload)).await?;
    let id = submitted.summary.id;
    output.notice(&format!("submitted job {id}: relax a hydrogen molecule"))?;
    follow_progress(client, id, output).await?;
    let job = client.job(id).await?;
    show_result(&job, output)?;
    Ok(ExitStatus::of_job(job.summary.state))
}

async fn follow_progress(client: &Client, id: JobId, output: &mut Output) -> Result<()> {
    let mut progress = ProgressLine::new();
    let mut follower = client.follow_logs(id, FollowOptions::default());
    while let Some(event) = follower.next().await? {
        match event {
            LogEvent::Line(line) => progress.read(&line, output)?,
            LogEvent::AttemptStarted { .. } => progress.restart(),
            _ => {}
        }
    }
    Ok(())
}

fn show_result(job: &Job, output: &mut Output) -> Result<()> {
    let Some(result) = &job.result else {
        output.notice(&log::ended(job.summary.state))?;
        return match &job.summary.error {
            Some(error) => output.notice(&log::job_error(error)),
            None => Ok(()),
        };
    };
    let result: RelaxResult =
        serde_json::from_value(result.clone()).map_err(|fault| Failure::ResultNotUnderstood {
            job: job.summary.id,
            reason: fault.to_string(),
        })?;
    output.line(&relaxation::summary(&result))
}
