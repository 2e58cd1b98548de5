//! The file that takes a process's standard output and standard error.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// How much of a log's end is shown with an error.
const TAIL_LIMIT_BYTES: u64 = 4096;

/// A log file that only grows; each start of its process remembers where its own part begins.
#[derive(Debug, Clone)]
pub(crate) struct LogFile {
    path: PathBuf,
    begins_at: u64,
}

impl LogFile {
    /// Opens `path` for one start of a process; what stands in it already belongs to earlier starts.
    pub(crate) fn open(path: PathBuf) -> Result<(Self, File)> {
        let opened = OpenOptions::new().append(true).create(true).open(&path);
        let file = opened.map_err(Error::while_trying(format!("open {}", path.display())))?;
        let begins_at = file
            .metadata()
            .map_err(Error::while_trying(format!("look at {}", path.display())))?
            .len();
        Ok((Self { path, begins_at }, file))
    }

    /// Where the log is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The last few kilobytes written since this start; what cannot be read is shown as empty.
    pub(crate) fn tail(&self) -> String {
        let mut tail = Vec::new();
        if let Ok(mut file) = File::open(&self.path) {
            let length = file.metadata().map_or(0, |metadata| metadata.len());
            let from = self.begins_at.max(length.saturating_sub(TAIL_LIMIT_BYTES));
            let read = file
                .seek(SeekFrom::Start(from))
                .and_then(|_| file.read_to_end(&mut tail));
            if read.is_err() {
                tail.clear();
            }
        }
        String::from_utf8_lossy(&tail).trim_end().to_owned()
    }
}
