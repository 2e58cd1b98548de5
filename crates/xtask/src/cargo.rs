//! Running cargo with the terminal of whoever started this.

use std::env;
use std::process::Command;

use crate::error::{Error, Result};

/// Runs cargo with `arguments` and, on top of the present environment, `environment`.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, String)]) -> Result<()> {
    // The cargo that runs this, so that a toolchain chosen on its command line stays the same.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let environment = environment.iter().map(|(name, value)| (*name, value));
    let status = Command::new(cargo)
        .args(arguments)
        .envs(environment)
        .status()
        .map_err(Error::Start)?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Cargo {
            arguments: arguments.join(" "),
            status,
        })
    }
}
