//! What is said about a stack on this machine.

use std::env;
use std::path::{Path, PathBuf};

use crate::command_line::stack_session::{DEVELOPMENT_EMAIL, DEVELOPMENT_USER};

/// Before a temporary stack is there.
pub(crate) const STARTING_TEMPORARY: &str =
    "starting PostgreSQL, Redis, the API and one worker in a temporary folder ...";
/// After someone asked for the end.
pub(crate) const STOPPING: &str = "\nstopping ...";

/// Before a stack in `folder` is there.
pub(crate) fn starting(folder: &Path) -> String {
    format!(
        "starting PostgreSQL, Redis, the API and workers in {} ...",
        folder.display()
    )
}

/// How to use a stack that is ready.
pub(crate) fn ready(url: &str, folder: &Path) -> String {
    format!(
        "\
Gantry is running until Ctrl-C.
  API   {url}
  Docs  {url}/docs
  Data  {folder} (logs: *.log)

In another terminal:
{command_path}\
  export GANTRY_URL={url}
  export GANTRY_DEV_USER_ID={DEVELOPMENT_USER}
  export GANTRY_DEV_USER_EMAIL={DEVELOPMENT_EMAIL}
  gantry jobs
  curl -s {url}/api/v1/jobs -H 'X-Dev-User-Id: {DEVELOPMENT_USER}' -H 'Content-Type: application/json' \
-d '{{\"kind\":\"system.ping\",\"payload\":{{}}}}'",
        folder = folder.display(),
        command_path = command_path()
    )
}

/// The line that makes `gantry` a command, unless a shell finds one already.
fn command_path() -> String {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_found = env::split_paths(&path).any(|folder| folder.join("gantry").is_file());
    let folder = env::current_exe()
        .ok()
        .and_then(|executable| executable.parent().map(PathBuf::from));
    match folder {
        Some(folder) if !is_found => {
            format!("  export PATH=\"{}:$PATH\"\n", folder.display())
        }
        _ => String::new(),
    }
}
