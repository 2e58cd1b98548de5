//! Where Quantum ESPRESSO is on this machine, or why it cannot be used.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::process::{ProgramNotFound, find_program};

/// An installation of Quantum ESPRESSO that was found on this machine.
#[derive(Debug, Clone)]
pub struct QeInstallation {
    pub(super) program: PathBuf,
    pub(super) pseudo_dir: String,
}

/// Quantum ESPRESSO cannot be used on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QeNotInstalled {
    /// There is no program.
    #[error(
        "GANTRY_QE_PROGRAM: {0}; on Debian and Ubuntu the package quantum-espresso brings pw.x"
    )]
    Program(#[from] ProgramNotFound),
    /// There are no pseudopotentials.
    #[error(
        "GANTRY_QE_PSEUDO_DIR: {0:?} is not a folder with a plain absolute path; on Debian and Ubuntu the package \
         quantum-espresso-data brings /usr/share/espresso/pseudo"
    )]
    PseudoDir(PathBuf),
}

impl QeInstallation {
    /// Looks for the program, an absolute path or a name in `search_path`, and for the folder of pseudopotentials.
    ///
    /// # Errors
    /// One of them is not there.
    pub fn find(
        program: &Path,
        pseudo_dir: &Path,
        search_path: Option<&OsStr>,
    ) -> Result<Self, QeNotInstalled> {
        let program = find_program(&program.to_string_lossy(), search_path)?;
        let pseudo_dir = pseudo_dir
            .to_str()
            .filter(|_| pseudo_dir.is_absolute() && pseudo_dir.is_dir())
            .ok_or_else(|| QeNotInstalled::PseudoDir(pseudo_dir.to_owned()))?;
        Ok(Self {
            program,
            pseudo_dir: pseudo_dir.to_owned(),
        })
    }

    /// The first of these pseudopotentials that is not in the folder.
    pub(super) fn missing_pseudopotential<'a>(
        &self,
        mut names: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        names.find(|name| !Path::new(&self.pseudo_dir).join(name).is_file())
    }
}
