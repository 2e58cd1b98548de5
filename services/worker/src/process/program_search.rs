//! Finds an executable once, when the worker starts.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, access};

/// A program that cannot be run on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramNotFound {
    /// The path leads to nothing that could be run.
    #[error("{0} is not an executable file that this user may run")]
    NotExecutable(String),
    /// It is neither a path from the root nor a bare name.
    #[error("{0:?} must be an absolute path or a bare name to look up in PATH")]
    NotAPathOrName(String),
    /// No folder of the search path holds it.
    #[error("{0} was not found in the worker's PATH")]
    NotInSearchPath(String),
}

/// An absolute path as it stands, a bare name from the folders of `search_path`, which is written like `PATH`.
///
/// # Errors
/// There is no such program, or this user may not run it.
pub fn find_program(
    program: &str,
    search_path: Option<&OsStr>,
) -> Result<PathBuf, ProgramNotFound> {
    let path = Path::new(program);
    if path.is_absolute() {
        return match is_executable(path) {
            true => Ok(path.to_owned()),
            false => Err(ProgramNotFound::NotExecutable(program.to_owned())),
        };
    }
    if program.is_empty() || program.contains('/') {
        return Err(ProgramNotFound::NotAPathOrName(program.to_owned()));
    }
    env::split_paths(search_path.unwrap_or_default())
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_absolute() && is_executable(candidate))
        .ok_or_else(|| ProgramNotFound::NotInSearchPath(program.to_owned()))
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}
