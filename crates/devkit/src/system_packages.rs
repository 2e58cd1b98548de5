//! The programs Gantry uses from the system's packages: which are missing, and how they get installed.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix::unistd::geteuid;

use crate::error::{Error, Result};
use crate::{postgres, redis};

/// Where Debian's package puts the pseudopotentials.
const PSEUDOPOTENTIALS: &str = "/usr/share/espresso/pseudo";

/// Something the demo and the tests need from the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// The PostgreSQL server and its programs.
    PostgreSql,
    /// The Redis server.
    Redis,
    /// The program pw.x of Quantum ESPRESSO, with pseudopotentials.
    QuantumEspresso,
}

impl Requirement {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PostgreSql, Self::Redis, Self::QuantumEspresso];

    /// Whether it is in place.
    pub fn is_met(self) -> bool {
        match self {
            Self::PostgreSql => postgres::is_installed(),
            Self::Redis => redis::is_installed(),
            Self::QuantumEspresso => in_path("pw.x") && pseudopotentials_exist(),
        }
    }

    /// The Debian and Ubuntu packages that provide it.
    ///
    /// pw.x is linked with Open MPI, which wants its own starter program even for a single process.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::PostgreSql => &["postgresql"],
            Self::Redis => &["redis-server"],
            Self::QuantumEspresso => &["quantum-espresso", "quantum-espresso-data", "openmpi-bin"],
        }
    }

    /// What to look for on another system.
    fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "the PostgreSQL server",
            Self::Redis => "the Redis server",
            Self::QuantumEspresso => {
                "Quantum ESPRESSO (pw.x in PATH, pseudopotentials in the folder named by ESPRESSO_PSEUDO)"
            }
        }
    }
}

/// Installs whatever of `requirements` is missing, with apt-get, as root or through sudo; `announce` is told the
/// command first. Does nothing, in a few milliseconds, when nothing is missing.
///
/// # Errors
/// [`Error::CannotInstall`], naming what to install by hand, on a system without apt-get or without the right to use
/// it; [`Error::CommandFailed`] with apt-get's words.
pub fn ensure_installed(requirements: &[Requirement], announce: impl Fn(&str)) -> Result<()> {
    let missing: Vec<Requirement> = requirements
        .iter()
        .copied()
        .filter(|requirement| !requirement.is_met())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|requirement| requirement.packages())
        .copied()
        .collect();
    let apt_get = AptGet::find(&missing)?;
    announce(&format!("installing {}", packages.join(" ")));
    // Fresh systems have no package lists, old ones name versions that are gone: only then the lists are fetched.
    if apt_get.install(&packages)?.status.success() {
        return Ok(());
    }
    announce("fetching the package lists first");
    succeed("apt-get update", &apt_get.run(&["update"])?)?;
    succeed(
        &format!("apt-get install {}", packages.join(" ")),
        &apt_get.install(&packages)?,
    )
}

/// The right to run apt-get.
struct AptGet {
    through_sudo: bool,
}

impl AptGet {
    fn find(missing: &[Requirement]) -> Result<Self> {
        let lacking = if !in_path("apt-get") {
            "apt-get"
        } else if geteuid().is_root() {
            return Ok(Self {
                through_sudo: false,
            });
        } else if in_path("sudo") {
            return Ok(Self { through_sudo: true });
        } else {
            "sudo, and this is not root"
        };
        let names: Vec<&str> = missing
            .iter()
            .map(|requirement| requirement.name())
            .collect();
        Err(Error::CannotInstall {
            lacking,
            packages: names.join("; "),
        })
    }

    fn install(&self, packages: &[&str]) -> Result<Output> {
        // Recommended packages are not needed; another apt-get at work, as on a machine just started, is waited for.
        let options = [
            "install",
            "--yes",
            "--no-install-recommends",
            "--option",
            "DPkg::Lock::Timeout=300",
        ];
        self.run(&[&options, packages].concat())
    }

    fn run(&self, arguments: &[&str]) -> Result<Output> {
        // Through `env`, because sudo hands no variables on.
        let command_line = [
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "--quiet",
        ];
        let words = self
            .through_sudo
            .then_some("sudo")
            .into_iter()
            .chain(command_line)
            .chain(arguments.iter().copied());
        let words: Vec<&str> = words.collect();
        Command::new(words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .output()
            .map_err(Error::while_trying(format!("run {}", words.join(" "))))
    }
}

fn succeed(command: &str, output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr)
        .trim_end()
        .to_owned();
    Err(Error::CommandFailed {
        command: command.to_owned(),
        status: output.status,
        output: said,
    })
}

fn in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn pseudopotentials_exist() -> bool {
    let folder = env::var_os("ESPRESSO_PSEUDO").unwrap_or_else(|| PSEUDOPOTENTIALS.into());
    fs::read_dir(Path::new(&folder)).is_ok_and(|mut entries| entries.next().is_some())
}
