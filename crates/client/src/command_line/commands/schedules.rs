//! The command `gantry schedules`.

use gantry_client::Client;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, schedule};

/// List the schedules, the newest first
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Go on where an earlier list ended
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let page = client.schedules(arguments.cursor.as_deref()).await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text if page.items.is_empty() => output.notice("no schedules")?,
        Format::Text => output.line(&schedule::list(&page.items))?,
        Format::Json => page
            .items
            .iter()
            .try_for_each(|schedule| output.json_line(schedule))?,
    }
    if let Some(cursor) = page.next_cursor {
        output.notice(&format!(
            "there are more: add --cursor {cursor} for the next ones"
        ))?;
    }
    Ok(ExitStatus::Succeeded)
}
