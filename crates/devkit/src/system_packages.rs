//! The programs Gantry uses from the system's packages: which are missing, and how they get installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nix::unistd::geteuid;

use crate::error::{Error, Result};
use crate::{postgres, redis};

/// Where a worker looks for pw.x and the pseudopotentials unless `GANTRY_QE_PROGRAM` and `GANTRY_QE_PSEUDO_DIR` say
/// otherwise: where Debian's packages put them.
const PROGRAM: &str = "pw.x";
const PSEUDOPOTENTIALS: &str = "/usr/share/espresso/pseudo";

/// Where libraries are, in a folder for each kind of machine on Debian, in one for all elsewhere.
const FAKE_TIME_FOLDERS: [&str; 2] = ["/usr/lib", "/usr"];
const FAKE_TIME_LIBRARY: &str = "faketime/libfaketime.so.1";

/// Something the demo and the tests need from the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// The PostgreSQL server and its programs.
    PostgreSql,
    /// The Redis server.
    Redis,
    /// The program pw.x of Quantum ESPRESSO, with pseudopotentials.
    QuantumEspresso,
    /// The library that gives a process a clock of its own; for tests only.
    FakeTime,
}

impl Requirement {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::PostgreSql,
        Self::Redis,
        Self::QuantumEspresso,
        Self::FakeTime,
    ];

    /// Whether it is in place.
    pub fn is_met(self) -> bool {
        match self {
            Self::PostgreSql => postgres::is_installed(),
            Self::Redis => redis::is_installed(),
            Self::QuantumEspresso => quantum_espresso_is_installed(),
            Self::FakeTime => fake_time_library().is_some(),
        }
    }

    /// The Debian and Ubuntu packages that provide it.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::PostgreSql => &["postgresql"],
            Self::Redis => &["redis-server"],
            Self::QuantumEspresso => &["quantum-espresso", "quantum-espresso-data"],
            Self::FakeTime => &["faketime"],
        }
    }

    /// What to look for on another system.
    fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "the PostgreSQL server",
            Self::Redis => "the Redis server",
            Self::FakeTime => "libfaketime (/usr/lib/…/faketime/libfaketime.so.1)",
            Self::QuantumEspresso => {
                "Quantum ESPRESSO (pw.x in PATH or named by GANTRY_QE_PROGRAM, pseudopotentials in /usr/share/espresso/pseudo \
                 or in the folder named by GANTRY_QE_PSEUDO_DIR)"
            }
        }
    }
}

/// The library that gives a process a clock of its own, to be named in `LD_PRELOAD`; none where it is not installed.
pub fn fake_time_library() -> Option<PathBuf> {
    FAKE_TIME_FOLDERS
        .iter()
        .flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten())
        .map(|entry| entry.path().join(FAKE_TIME_LIBRARY))
        .find(|library| library.is_file())
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
    let apt_get = AptGet::find(&missing, &packages)?;
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
    fn find(missing: &[Requirement], packages: &[&str]) -> Result<Self> {
        if !in_path("apt-get") {
            // Its packages may have other names.
            let names: Vec<&str> = missing
                .iter()
                .map(|requirement| requirement.name())
                .collect();
            return Err(Error::CannotInstall {
                lacking: "apt-get",
                packages: names.join("; "),
            });
        }
        let through_sudo = !geteuid().is_root();
        if through_sudo && !in_path("sudo") {
            return Err(Error::CannotInstall {
                lacking: "sudo, and this is not root",
                packages: packages.join(" "),
            });
        }
        Ok(Self { through_sudo })
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

/// An absolute path is itself whatever folder it is looked for in.
fn in_path(program: impl AsRef<Path>) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(&program).is_file())
}

fn quantum_espresso_is_installed() -> bool {
    let setting = |name: &str, default: &str| env::var_os(name).unwrap_or_else(|| default.into());
    let program = setting("GANTRY_QE_PROGRAM", PROGRAM);
    let pseudopotentials = setting("GANTRY_QE_PSEUDO_DIR", PSEUDOPOTENTIALS);
    in_path(&program)
        && fs::read_dir(&pseudopotentials).is_ok_and(|mut entries| entries.next().is_some())
}
