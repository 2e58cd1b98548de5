//! The file in which a command leaves the jobs that are to follow its own.

use std::path::Path;

use gantry_domain::{CHILD_LIMIT_COUNT, CHILDREN_LIMIT_BYTES, JobFailure, failure_code};

use crate::process::{ScratchFileError, ScratchFolder};
use crate::{HandlerError, NewChild, StagedChildren};

/// The jobs in the file, one JSON object on each line; none when there is no file. Blocks.
pub(super) fn read(scratch: &ScratchFolder, name: &str) -> Result<Vec<NewChild>, HandlerError> {
    let content = match scratch.read_file(Path::new(name), CHILDREN_LIMIT_BYTES) {
        Ok(content) => content,
        Err(ScratchFileError::Missing) => return Ok(Vec::new()),
        Err(error) => return Err(refused(format!("{name} is unusable: {error}"))),
    };
    let lines = content.split(|byte| *byte == b'\n').enumerate();
    lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .take(CHILD_LIMIT_COUNT + 1)
        .map(|(index, line)| {
            serde_json::from_slice(line)
                .map_err(|error| refused(format!("line {} of {name}: {error}", index + 1)))
        })
        .collect()
}

/// Stages the jobs, in the order of the file.
pub(super) async fn stage(
    children: &StagedChildren,
    name: &str,
    jobs: Vec<NewChild>,
) -> Result<(), HandlerError> {
    for (place, job) in jobs.into_iter().enumerate() {
        children.stage(job).await.map_err(|error| {
            let told = format!("job {} in {name}: {error}", place + 1);
            match HandlerError::from(error) {
                HandlerError::Retry(failure) => HandlerError::Retry(JobFailure {
                    message: told,
                    ..failure
                }),
                _ => refused(told),
            }
        })?;
    }
    Ok(())
}

fn refused(message: String) -> HandlerError {
    HandlerError::Final(JobFailure::new(failure_code::CHILD_REFUSED, message))
}
