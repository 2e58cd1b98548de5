//! The command `gantry limits`, alone or with a verb.

use clap::Subcommand;
use gantry_client::Client;
use gantry_domain::{CONCURRENCY_LIMIT_MOST_JOBS, InvalidId, KindName, LimitSubject};

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, limit};

/// List, set or remove limits on how many jobs run at a time; for operators
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    output: FormatChoice,
}

/// What to do; without a verb the limits are listed.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Set a limit: `gantry limits set tenant ID 5`, or `default` for each tenant without one, or `kind NAME 5`
    Set {
        #[command(subcommand)]
        wish: Wish,
    },
    /// Remove a limit
    Remove {
        #[command(subcommand)]
        subject: Subject,
    },
}

/// A limit to be set.
#[derive(Debug, Subcommand)]
enum Wish {
    /// How many jobs of a tenant run at a time
    Tenant {
        /// The tenant's id, or `default` for each tenant without a limit of its own
        #[arg(id = "limited_tenant", value_name = "TENANT", value_parser = tenant)]
        tenant: LimitSubject,
        /// How many
        #[arg(value_parser = how_many())]
        max_running: u32,
    },
    /// How many jobs of a kind run at a time, of all tenants together
    Kind {
        /// The kind
        kind: KindName,
        /// How many
        #[arg(value_parser = how_many())]
        max_running: u32,
    },
}

/// Whose limit.
#[derive(Debug, Subcommand)]
enum Subject {
    /// That of a tenant
    Tenant {
        /// The tenant's id, or `default` for each tenant without a limit of its own
        #[arg(id = "limited_tenant", value_name = "TENANT", value_parser = tenant)]
        tenant: LimitSubject,
    },
    /// That of a kind
    Kind {
        /// The kind
        kind: KindName,
    },
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let format = arguments.output.format;
    let mut output = Output::new();
    match arguments.verb {
        None => list(client, format, &mut output).await?,
        Some(Verb::Set { wish }) => {
            let (subject, max_running) = match wish {
                Wish::Tenant {
                    tenant,
                    max_running,
                } => (tenant, max_running),
                Wish::Kind { kind, max_running } => (LimitSubject::Kind(kind), max_running),
            };
            let set = client.set_limit(&subject, max_running).await?;
            match format {
                Format::Text => output.line(&limit::set(&set))?,
                Format::Json => output.json(&set)?,
            }
        }
        Some(Verb::Remove { subject }) => {
            let subject = match subject {
                Subject::Tenant { tenant } => tenant,
                Subject::Kind { kind } => LimitSubject::Kind(kind),
            };
            client.remove_limit(&subject).await?;
            output.line(&limit::removed(&subject))?;
        }
    }
    Ok(ExitStatus::Succeeded)
}

async fn list(client: &Client, format: Format, output: &mut Output) -> Result<()> {
    let limits = client.limits().await?;
    match format {
        Format::Text if limits.is_empty() => output.notice("no limits"),
        Format::Text => output.line(&limit::list(&limits)),
        Format::Json => limits.iter().try_for_each(|limit| output.json_line(limit)),
    }
}

fn tenant(text: &str) -> std::result::Result<LimitSubject, InvalidId> {
    LimitSubject::of_tenant(text)
}

fn how_many() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(CONCURRENCY_LIMIT_MOST_JOBS))
}
