//! The command `gantry keys`, alone or with a verb.

use clap::Subcommand;
use gantry_client::{Client, NewApiKey};
use gantry_domain::{API_KEY_LIMIT_DAYS, ApiKeyId};

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, api_key};

/// List, create or revoke API keys, with which programs act for you
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Go on where an earlier list ended
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    output: FormatChoice,
}

/// What to do; without a verb the keys are listed.
#[derive(Debug, Subcommand)]
enum Verb {
    /// List keys, the newest first
    List,
    /// Create a key and show it this once: `gantry keys create nightly --scope jobs:submit --scope jobs:read`
    Create {
        /// What to call it
        name: String,
        /// A right it is to have; give one for each
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// How many days it is valid
        #[arg(
            long, value_name = "DAYS", default_value = "90",
            value_parser = clap::value_parser!(u32).range(1..=i64::from(API_KEY_LIMIT_DAYS))
        )]
        expires_in_days: u32,
    },
    /// Revoke a key for good
    Revoke {
        /// The key's id, as the list shows it
        id: ApiKeyId,
    },
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let format = arguments.output.format;
    let mut output = Output::new();
    match arguments.verb {
        None | Some(Verb::List) => {
            list(client, arguments.cursor.as_deref(), format, &mut output).await?;
        }
        Some(Verb::Create {
            name,
            scopes,
            expires_in_days,
        }) => {
            let key = NewApiKey {
                name,
                scopes,
                expires_in_days,
            };
            let created = client.create_api_key(&key).await?;
            match format {
                Format::Text => output.line(&api_key::created(&created))?,
                Format::Json => output.json(&created)?,
            }
            output.notice(&api_key::advice(&created))?;
        }
        Some(Verb::Revoke { id }) => {
            client.revoke_api_key(id).await?;
            output.line(&api_key::revoked(id))?;
        }
    }
    Ok(ExitStatus::Succeeded)
}

async fn list(
    client: &Client,
    cursor: Option<&str>,
    format: Format,
    output: &mut Output,
) -> Result<()> {
    let page = client.api_keys(cursor).await?;
    match format {
        Format::Text if page.items.is_empty() => output.notice("no keys")?,
        Format::Text => output.line(&api_key::list(&page.items))?,
        Format::Json => page
            .items
            .iter()
            .try_for_each(|key| output.json_line(key))?,
    }
    if let Some(cursor) = page.next_cursor {
        output.notice(&format!(
            "there are more: add --cursor {cursor} for the next ones"
        ))?;
    }
    Ok(())
}
