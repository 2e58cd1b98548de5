//! Runs a private PostgreSQL and Redis until it is ended, for working on tests without starting servers each time.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use gantry_devkit::{Folder, PrivatePostgres, PrivateRedis, Result};

const USAGE: &str = "\
Usage: gantry-private-servers [FOLDER]

Runs PostgreSQL and Redis and prints where they are. Without FOLDER the data is temporary.";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next();
    // An option is not the name of a folder.
    let is_option = |argument: &OsString| argument.as_encoded_bytes().starts_with(b"-");
    if folder.as_ref().is_some_and(is_option) || arguments.next().is_some() {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    match run(folder.map(PathBuf::from)) {
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
