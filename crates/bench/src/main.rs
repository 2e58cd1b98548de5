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
use trials::Trial;

const USAGE: &str = "\
Usage: cargo xtask bench [--save | TRIAL...]

  --save   Keep the figures as the baseline that later runs are compared with
  TRIAL    end-to-end, drain, latency, idle, recovery; all of them unless named
";

/// What the command line asks for.
struct Request {
    trials: Vec<Trial>,
    saves: bool,
}

impl Request {
    /// A baseline is saved whole or not at all.
    fn read(arguments: &[String]) -> Option<Self> {
        let saves = arguments == ["--save"];
        if saves || arguments.is_empty() {
            let trials = Trial::ALL.to_vec();
            return Some(Self { trials, saves });
        }
        let named = arguments.iter().map(|name| Trial::named(name));
        let trials = named.collect::<Option<_>>()?;
        Some(Self { trials, saves })
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some(Request { trials, saves }) = Request::read(&arguments) else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    match measure(&trials, saves) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gantry-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(trials: &[Trial], saves: bool) -> anyhow::Result<()> {
    // One thread: the load generator is to leave the machine to what it measures.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let figures = runtime.block_on(trials::run(trials))?;
    let baseline = Figures::baseline()?;
    print!("{}", figures.table(baseline.as_ref()));
    if saves {
        figures.save_as_baseline()?;
    }
    Ok(())
}
