//! Runs a private PostgreSQL and Redis until it is ended, for working on tests without starting servers each time.

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use gantry_devkit::{Folder, PrivatePostgres, PrivateRedis, Result};

/// Usage: `gantry-private-servers [FOLDER]`. Without a folder the data is temporary.
fn main() -> ExitCode {
    match run(std::env::args_os().nth(1).map(PathBuf::from)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gantry-private-servers: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints lines of `NAME=value` for the environment of the tests once both servers are ready.
fn run(folder: Option<PathBuf>) -> Result<()> {
    let folder = match folder {
        Some(path) => Folder::named(&path)?,
        None => Folder::temporary()?,
    };
    let postgres = PrivatePostgres::start(&folder)?;
    let redis = PrivateRedis::start(&folder)?;
    println!("FOLDER={}", folder.path().display());
    println!("GANTRY_TEST_DATABASE_URL={}", postgres.url("postgres"));
    println!("GANTRY_TEST_REDIS_URL={}", redis.url());
    loop {
        thread::park();
    }
}
