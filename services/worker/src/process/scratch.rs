//! Scratch folders: one per run, private, removed afterwards, and after the death of their worker by the next one.

mod files;

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process,
};

use nix::unistd::geteuid;
use uuid::Uuid;

use super::ProcessError;

pub use files::ScratchFileError;

/// Only their owner may look into scratch folders.
const PRIVATE: u32 = 0o700;
/// Permissions that would let others put something there.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// Beside the folder of a worker lies a file with its name and this ending, locked while the worker lives.
const LOCK_ENDING: &str = "lock";

/// One worker's place for scratch folders: `ROOT/worker-PID-ID/`.
#[derive(Debug)]
pub struct ScratchRoot {
    folder: PathBuf,
    lock_path: PathBuf,
    /// Locked until this process ends, however it ends.
    _lock: File,
}

impl ScratchRoot {
    /// Opens a place under `root`, which is created if need be, and removes what dead workers left there.
    ///
    /// # Errors
    /// When `root` is not a folder that belongs to this user alone.
    pub fn open(root: &Path) -> Result<Self, ProcessError> {
        let unusable = |reason: String| ProcessError::ScratchRootUnusable {
            path: root.to_owned(),
            reason,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(PRIVATE)
            .create(root)
            .map_err(|error| unusable(error.to_string()))?;
        let root = root
            .canonicalize()
            .map_err(|error| unusable(error.to_string()))?;
        refuse_shared(&root).map_err(unusable)?;
        remove_leftovers(&root).map_err(|error| unusable(error.to_string()))?;
        Self::claim(&root).map_err(|error| unusable(error.to_string()))
    }

    fn claim(root: &Path) -> io::Result<Self> {
        let name = format!("worker-{}-{}", process::id(), Uuid::new_v4().simple());
        let folder = root.join(&name);
        let lock_path = folder.with_extension(LOCK_ENDING);
        let lock = create_locked(root, &lock_path)?;
        DirBuilder::new().mode(PRIVATE).create(&folder)?;
        Ok(Self {
            folder,
            lock_path,
            _lock: lock,
        })
    }

    /// A new empty folder with this name and a unique ending.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(&self, name: &str) -> Result<ScratchFolder, ProcessError> {
        let path = self
            .folder
            .join(format!("{name}-{}", Uuid::new_v4().simple()));
        match DirBuilder::new().mode(PRIVATE).create(&path) {
            Ok(()) => Ok(ScratchFolder { path }),
            Err(source) => Err(ProcessError::ScratchFolder { path, source }),
        }
    }
}

impl Drop for ScratchRoot {
    fn drop(&mut self) {
        remove_or_warn(&self.folder);
        // The lock file goes last: a folder without one would never be removed.
        if !self.folder.exists() {
            let _ = fs::remove_file(&self.lock_path);
        }
    }
}

/// The folder of one run, removed when this is dropped.
#[derive(Debug)]
pub struct ScratchFolder {
    path: PathBuf,
}

impl ScratchFolder {
    /// Its absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        remove_or_warn(&self.path);
    }
}

fn refuse_shared(root: &Path) -> Result<(), String> {
    let metadata = fs::metadata(root).map_err(|error| error.to_string())?;
    if metadata.uid() != geteuid().as_raw() {
        return Err(
            "it belongs to another user; choose a folder of the worker's own user".to_owned(),
        );
    }
    if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err("others may write to it; use a folder with permissions 0700".to_owned());
    }
    Ok(())
}

/// Under the lock of the root folder itself, so that no other worker takes the new file for a leftover before it is
/// locked.
fn create_locked(root: &Path, lock_path: &Path) -> io::Result<File> {
    let root_lock = File::open(root)?;
    root_lock.lock()?;
    let lock = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(lock_path)?;
    lock.lock()?;
    Ok(lock)
}

fn remove_leftovers(root: &Path) -> io::Result<()> {
    let root_lock = File::open(root)?;
    root_lock.lock()?;
    for entry in fs::read_dir(root)?.flatten() {
        let lock_path = entry.path();
        if lock_path
            .extension()
            .is_some_and(|ending| ending == LOCK_ENDING)
            && is_owner_dead(&lock_path)?
        {
            let folder = lock_path.with_extension("");
            remove_or_warn(&folder);
            if !folder.exists() {
                fs::remove_file(&lock_path)?;
            }
        }
    }
    Ok(())
}

fn is_owner_dead(lock_path: &Path) -> io::Result<bool> {
    let lock = match File::open(lock_path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    match lock.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// What cannot be removed now is removed by the next worker that starts.
fn remove_or_warn(folder: &Path) {
    if let Err(error) = remove(folder) {
        tracing::warn!(folder = %folder.display(), %error, "a scratch folder could not be removed");
    }
}

/// Never follows a symbolic link. Folders that the program closed to itself are opened first.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_folders(folder)?;
            fs::remove_dir_all(folder)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn open_folders(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(PRIVATE))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // The type of the entry itself, not of what a link points to.
        if entry.file_type()?.is_dir() {
            open_folders(&entry.path())?;
        }
    }
    Ok(())
}
