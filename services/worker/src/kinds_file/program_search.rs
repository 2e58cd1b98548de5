//! Finds the program of a kind once, when the worker starts.

use std::{
    env,
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, access};

use super::{Environment, KindsFileError};

const FIELD: &str = "program";

/// An absolute path as it stands, a bare name from the worker's `PATH`.
pub(super) fn find_program(
    program: &str,
    environment: Environment<'_>,
) -> Result<PathBuf, KindsFileError> {
    let fault = |problem: String| KindsFileError::of_field(FIELD, problem);
    let path = Path::new(program);
    if path.is_absolute() {
        return match is_executable(path) {
            true => Ok(path.to_owned()),
            false => Err(fault(format!(
                "{program} is not an executable file that this user may run"
            ))),
        };
    }
    if program.is_empty() || program.contains('/') {
        return Err(fault(format!(
            "{program:?} must be an absolute path or a bare name to look up in PATH"
        )));
    }
    let folders = environment("PATH").unwrap_or_default();
    env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_absolute() && is_executable(candidate))
        .ok_or_else(|| fault(format!("{program} was not found in the worker's PATH")))
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}
