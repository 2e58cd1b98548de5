//! The development commands of the workspace: `cargo xtask demo`, `test`, `check`, `providers`, `bench` and `dev`.

mod cargo;
mod error;
mod providers;
mod test_servers;

use std::env;
use std::num::NonZeroUsize;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::thread::available_parallelism;

use gantry_devkit::system_packages::{Requirement, ensure_installed};

use error::{Error, Result};

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  demo [--exit]   Run a real calculation from submission to result on private servers
  dev [...]       Run the whole stack for daily use, keeping its data (arguments of `gantry dev`)
  test [...]      Run every test on private servers (arguments of `cargo test`)
  bench [...]     Measure the release binaries on private servers (arguments of `gantry-bench`)
  check           Check the format, and deny every warning
  providers       Lint and test sign-in with no identity provider compiled in, and with each alone
";

/// The whole workspace, because choosing a package would change the features of what it depends on.
const BUILD_BINARIES: &[&str] = &["build", "--workspace", "--bins"];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((command, rest)) => run(command, rest),
        None => Err(Error::Usage),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            error.exit_code()
        }
    }
}

fn run(command: &str, arguments: &[String]) -> Result<()> {
    match command {
        "demo" => gantry("demo", arguments),
        "dev" => gantry("dev", arguments),
        "test" => test(arguments),
        "bench" => bench(arguments),
        "check" => check(),
        "providers" => providers::check(),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(Error::Usage),
    }
}

/// Builds the binaries and becomes `gantry`, which is then the one that Ctrl-C reaches.
fn gantry(subcommand: &str, arguments: &[String]) -> Result<()> {
    install_what_is_missing()?;
    cargo::run(BUILD_BINARIES, &[])?;
    let gantry = env::current_exe()
        .map_err(Error::Start)?
        .with_file_name("gantry");
    Err(Error::Start(
        Command::new(gantry).arg(subcommand).args(arguments).exec(),
    ))
}

/// Builds the release binaries and becomes the one that measures them.
fn bench(arguments: &[String]) -> Result<()> {
    install_what_is_missing()?;
    cargo::run(&[BUILD_BINARIES, &["--release"]].concat(), &[])?;
    let debug = env::current_exe().map_err(Error::Start)?;
    let bench = debug.with_file_name("../release/gantry-bench");
    Err(Error::Start(Command::new(bench).args(arguments).exec()))
}

/// The binaries are built first, because the fault tests run them as processes.
fn test(arguments: &[String]) -> Result<()> {
    install_what_is_missing()?;
    cargo::run(BUILD_BINARIES, &[])?;
    let servers = test_servers::start()?;
    let mut words = vec!["test"];
    if !arguments.iter().any(|argument| chooses_packages(argument)) {
        words.push("--workspace");
    }
    words.extend(arguments.iter().map(String::as_str));
    let environment = [servers.environment(), &test_threads()].concat();
    cargo::run(&words, &environment)
}

/// `--workspace` beside it would mean every package all the same.
fn chooses_packages(argument: &str) -> bool {
    argument.starts_with("-p") || argument.starts_with("--package")
}

/// Two tests at a time for each processor, unless told otherwise: most of them wait for servers and processes.
fn test_threads() -> Vec<(&'static str, String)> {
    const TEST_THREADS: &str = "RUST_TEST_THREADS";
    if env::var_os(TEST_THREADS).is_some() {
        return Vec::new();
    }
    let processors = available_parallelism().map_or(1, NonZeroUsize::get);
    vec![(TEST_THREADS, (2 * processors).to_string())]
}

fn check() -> Result<()> {
    cargo::run(&["fmt", "--all", "--check"], &[])?;
    cargo::run(
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ],
        &[],
    )
}

fn install_what_is_missing() -> Result<()> {
    Ok(ensure_installed(&Requirement::ALL, |step| {
        eprintln!("{step} …")
    })?)
}
