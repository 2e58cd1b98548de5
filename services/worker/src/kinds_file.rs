//! Command kinds: the operator's file that turns programs of the machine into job kinds.

mod declared_kind;
mod error;
mod exit_codes;
mod payload_schema;
mod progress_pattern;
mod resolve;

use std::{
    collections::HashSet,
    ffi::OsString,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use gantry_domain::KindDeclaration;
use nix::sys::signal::Signal;

use crate::process::ResourceLimits;

pub use error::KindsFileError;
pub use exit_codes::{ExitCodes, ExitVerdict};
pub use progress_pattern::ProgressPattern;

/// The largest kinds file, and the largest schema file it names; a larger one is refused.
pub const FILE_LIMIT_BYTES: u64 = 1024 * 1024;

/// The payload lies under this name in the scratch folder of every command.
pub const PAYLOAD_FILE_NAME: &str = "payload.json";

/// What came of the parents of a job lies under this name beside it.
pub const PARENTS_FILE_NAME: &str = "parents.json";

/// A kind whose jobs run a program.
#[derive(Debug, Clone)]
pub struct CommandKind {
    /// What workers announce of it.
    pub declaration: KindDeclaration,
    /// The absolute path of the program.
    pub program: PathBuf,
    /// Its arguments, the same for every job.
    pub arguments: Vec<String>,
    /// What it sees of the worker's environment, and what the operator set for it.
    pub environment: Vec<(OsString, OsString)>,
    /// What each of its processes may use.
    pub limits: ResourceLimits,
    /// What its exit codes mean.
    pub exit_codes: ExitCodes,
    /// How its output tells progress.
    pub progress_pattern: Option<ProgressPattern>,
    /// The name of the JSON file in the scratch folder that holds its result.
    pub result_file: Option<String>,
    /// The name of the file in the scratch folder that holds the jobs to follow, one JSON object a line.
    pub children_file: Option<String>,
    /// What its process group is sent when its time is running out.
    pub soft_deadline_signal: Option<Signal>,
}

/// What a kinds file takes from the worker's own environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Reads a kinds file. Nothing of it is taken unless all of it is right.
///
/// ```toml
/// [[kind]]
/// name = "report.render.v1"                       # not under `system.` or `qe.`
/// description = "Renders a report as PDF."
/// program = "/opt/report/bin/render"              # or a bare name, looked up in the worker's PATH
/// arguments = ["--quiet"]
/// payload_schema = "render.schema.json"           # beside this file; or the JSON Schema itself as a table
/// timeout_seconds = 600                           # of one attempt
/// memory_limit_mb = 512                           # MiB of address space of each process
/// queue = "reports"                               # optional: `default`
/// max_attempts = 2                                # optional: 4
/// environment = { pass = ["PATH", "LANG"], set = { OMP_NUM_THREADS = "1" } }
/// exit_codes = { retry = [75], final = [64, 65] }
/// progress_pattern = '^(?<percent>\d+)% (?<message>.*)$'
/// result_file = "result.json"                     # in the scratch folder; without one the result is {"exit_code":0}
/// soft_deadline_signal = "SIGTERM"                # optional: sent 240 s before the timeout, or after four fifths of it
/// children_file = "children.jsonl"                # jobs to be submitted together with the result, one object a line
/// ```
///
/// # Errors
/// One line that names the file, the kind and the field of the first fault.
pub fn read_kinds_file(
    path: &Path,
    environment: Environment<'_>,
) -> Result<Vec<CommandKind>, KindsFileError> {
    let in_file = |error: KindsFileError| error.in_file(path);
    let text =
        read_limited(path).map_err(|error| in_file(KindsFileError::new(error.to_string())))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut names = HashSet::new();
    let mut kinds = Vec::new();
    for (table, position) in declared_kind::tables_of(&text)
        .map_err(in_file)?
        .into_iter()
        .zip(1..)
    {
        let name = declared_kind::name_of(&table, position);
        let in_kind = |error: KindsFileError| in_file(error.in_kind(&name));
        let declared = declared_kind::DeclaredKind::from_table(table).map_err(in_kind)?;
        let kind = resolve::resolve(declared, folder, environment).map_err(in_kind)?;
        if !names.insert(kind.declaration.name.clone()) {
            return Err(in_kind(KindsFileError::of_field(
                "name",
                "is declared twice; names must be unique",
            )));
        }
        kinds.push(kind);
    }
    Ok(kinds)
}

fn read_limited(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(FILE_LIMIT_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > FILE_LIMIT_BYTES {
        return Err(io::Error::other(format!(
            "is larger than {FILE_LIMIT_BYTES} bytes"
        )));
    }
    Ok(text)
}
