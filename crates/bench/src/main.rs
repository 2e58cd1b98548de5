//! `gantry-bench`: drives the real binaries on this machine and prints what they did, beside the saved baseline.

mod client;
mod database;
mod figures;
mod installation;
mod issuer;
mod processes;
mod trials;

use std::env;
use std::process::ExitCode;

use figures::Figures;

const USAGE: &str = "\
Usage: cargo xtask bench [--save]

  --save   Keep the figures as the baseline that later runs are compared with
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let saves = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--save"] => true,
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match measure(saves) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gantry-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(saves: bool) -> anyhow::Result<()> {
    // One thread: the load generator is to leave the machine to what it measures.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let figures = runtime.block_on(trials::run_all())?;
    let baseline = Figures::baseline()?;
    print!("{}", figures.table(baseline.as_ref()));
    if saves {
        figures.save_as_baseline()?;
    }
    Ok(())
}
