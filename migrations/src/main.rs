//! The command line of the migrations: `gantry-migrate up|down|status`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gantry_migrations::{MigrationError, down, status, up};

/// Brings Gantry's database schema up to date. Safe to start several times at once.
#[derive(Parser)]
#[command(name = "gantry-migrate", version)]
struct Arguments {
    /// The database, as its owner: postgres://user:password@host:port/name.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true,
        default_value = ""
    )]
    database_url: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Apply every migration that is missing.
    Up,
    /// Undo the newest migrations; their data is lost.
    Down {
        /// How many to undo.
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// List the migrations and whether the database has them.
    Status,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.database_url.is_empty() {
        eprintln!(
            "gantry-migrate: DATABASE_URL is required: postgres://user:password@host:port/name"
        );
        return ExitCode::from(2);
    }
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        eprintln!("gantry-migrate: another TLS provider was installed first");
        return ExitCode::FAILURE;
    }
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gantry-migrate: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), MigrationError> {
    let url = &arguments.database_url;
    match arguments.command {
        Command::Up => match up(url).await? {
            0 => println!("the schema is up to date"),
            1 => println!("applied 1 migration"),
            count => println!("applied {count} migrations"),
        },
        Command::Down { steps } => match down(url, steps).await? {
            0 => println!("no migration was left to undo"),
            1 => println!("undid 1 migration"),
            count => println!("undid {count} migrations"),
        },
        Command::Status => {
            for migration in status(url).await? {
                let mark = if migration.is_applied {
                    "applied"
                } else {
                    "missing"
                };
                println!("{mark}  {}", migration.name);
            }
        }
    }
    Ok(())
}
