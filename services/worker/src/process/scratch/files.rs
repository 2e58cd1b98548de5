//! Files in scratch folders: written for a program before it starts, and read from what it left behind.

use std::{
    fs::File,
    io::{self, Read},
    path::{Component, Path},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, open, openat},
    sys::stat::Mode,
};
use tokio::{fs, io::AsyncWriteExt};

use super::ScratchFolder;

/// Only their owner may read files that are written for a program.
const PRIVATE_FILE: u32 = 0o600;

/// A file that a program was to leave behind, and that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScratchFileError {
    /// It is not there.
    #[error("there is no such file")]
    Missing,
    /// It is a folder, a link, a pipe or the like.
    #[error("it is not a regular file")]
    NotRegular,
    /// It has more bytes than will be read.
    #[error("it is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What would be read.
        limit_bytes: usize,
    },
    /// The system does not let it be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

impl ScratchFolder {
    /// Writes a new file into the folder, which only the worker's own user may read.
    ///
    /// # Errors
    /// It is there already, or the system does not let it be written.
    pub async fn write_file(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(PRIVATE_FILE)
            .open(self.path().join(name))
            .await?;
        file.write_all(content).await?;
        file.flush().await
    }

    /// Reads a file of at most `limit_bytes` bytes whose `path` begins in the folder. No symbolic link is followed, so
    /// that a program cannot have the worker read what lies elsewhere. Blocks.
    ///
    /// # Errors
    /// It is not there, too large, not a regular file, or cannot be read.
    pub fn read_file(&self, path: &Path, limit_bytes: usize) -> Result<Vec<u8>, ScratchFileError> {
        let file = self.open_without_links(path)?;
        if !file.metadata()?.is_file() {
            return Err(ScratchFileError::NotRegular);
        }
        let mut content = Vec::new();
        file.take(limit_bytes as u64 + 1)
            .read_to_end(&mut content)?;
        if content.len() > limit_bytes {
            return Err(ScratchFileError::TooLarge { limit_bytes });
        }
        Ok(content)
    }

    /// Opens one folder after the other, since only the last part of a path is guarded by `O_NOFOLLOW`. A pipe that
    /// nobody writes to does not hold up its reader.
    fn open_without_links(&self, path: &Path) -> Result<File, ScratchFileError> {
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        let mut opened = open(self.path(), flags, Mode::empty()).map_err(fault)?;
        for component in path.components() {
            let Component::Normal(name) = component else {
                return Err(ScratchFileError::Missing);
            };
            opened = openat(&opened, name, flags, Mode::empty()).map_err(fault)?;
        }
        Ok(File::from(opened))
    }
}

fn fault(error: Errno) -> ScratchFileError {
    match error {
        Errno::ENOENT => ScratchFileError::Missing,
        Errno::ELOOP | Errno::ENOTDIR | Errno::ENXIO => ScratchFileError::NotRegular,
        other => ScratchFileError::Unreadable(other.into()),
    }
}
