//! Which jobs a command changes: one by its id, or all that match.

use gantry_client::{BulkOrder, BulkOutcome, Submitter};
use gantry_domain::{JobId, JobState, KindName, QueueName};

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::failure::{Failure, Result};
use crate::command_line::output::{Output, bulk};

/// The choice of one job, or of all that match.
#[derive(Debug, clap::Args)]
pub(crate) struct Choice {
    /// The job's id; leave it out to choose by what jobs are
    #[arg(conflicts_with_all = ["states", "kind", "queue", "tag", "created_by", "error_code", "yes"])]
    job: Option<JobId>,
    /// All jobs in this state; several are separated by commas
    #[arg(long = "state", value_name = "STATE", value_delimiter = ',')]
    states: Vec<JobState>,
    /// All jobs of this kind
    #[arg(long)]
    kind: Option<KindName>,
    /// All jobs in this queue
    #[arg(long)]
    queue: Option<QueueName>,
    /// All jobs that carry this tag
    #[arg(long)]
    tag: Option<String>,
    /// All jobs of this person: me, or a user's id
    #[arg(long, value_name = "USER")]
    created_by: Option<Submitter>,
    /// All jobs whose last error carries this code, for instance deadline_exceeded
    #[arg(long, value_name = "CODE")]
    error_code: Option<String>,
    /// Change the jobs that match; without it they are only counted
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    pub(crate) output: FormatChoice,
}

/// What was chosen.
pub(crate) enum Chosen {
    /// One job.
    One(JobId),
    /// All that match.
    Matching(BulkOrder),
}

impl Choice {
    /// What was chosen.
    pub(crate) fn chosen(self) -> Result<Chosen> {
        if let Some(job) = self.job {
            return Ok(Chosen::One(job));
        }
        let order = BulkOrder {
            states: self.states,
            kind: self.kind,
            queue: self.queue,
            tag: self.tag,
            created_by: self.created_by,
            error_code: self.error_code,
            dry_run: !self.yes,
        };
        let everything = BulkOrder {
            dry_run: order.dry_run,
            ..BulkOrder::default()
        };
        if order == everything {
            return Err(Failure::Usage(
                "name a job, or say which ones: --state, --kind, --queue, --tag, --created-by or --error-code"
                    .to_owned(),
            ));
        }
        Ok(Chosen::Matching(order))
    }
}

/// Changes what matches, the API's limit at a time, until nothing is left to change; a dry run asks once.
pub(crate) async fn change_all(
    order: &BulkOrder,
    change: impl AsyncFn(&BulkOrder) -> gantry_client::Result<BulkOutcome>,
) -> Result<BulkOutcome> {
    let mut total = change(order).await?;
    let mut is_moving = !order.dry_run && total.changed > 0;
    while total.remaining && is_moving {
        let next = change(order).await?;
        is_moving = next.changed > 0;
        total.matched += next.matched;
        total.changed += next.changed;
        total.remaining = next.remaining;
    }
    Ok(total)
}

/// Shows what became of the jobs that match.
pub(crate) fn show(
    outcome: BulkOutcome,
    order: &BulkOrder,
    format: Format,
    done: &str,
) -> Result<()> {
    let mut output = Output::new();
    match format {
        Format::Json => output.json(&outcome),
        Format::Text if order.dry_run => {
            output.line(&bulk::counted(outcome, done))?;
            output.notice("nothing was changed: add --yes to do it")
        }
        Format::Text => output.line(&bulk::changed(outcome, done)),
    }
}
