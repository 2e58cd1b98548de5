//! The folder in which private servers keep their data and logs, and with which they end.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::kill;
use nix::unistd::{Pid, geteuid};

use crate::account::Account;
use crate::deadline::wait_for;
use crate::error::{Error, Result};
use crate::guardian::Guardian;

/// Longer than a guardian gives the processes of a dead owner to end.
const PREDECESSOR_LIMIT: Duration = Duration::from_secs(15);

/// A folder used by one process at a time, and everything started in it.
///
/// Whatever runs in the folder ends when the last clone of this value is dropped, and also when the process that holds
/// it ends in any other way, `kill -9` included. A temporary folder is removed then. Servers in it listen on loopback only
/// and ask for a password made for this folder.
#[derive(Debug, Clone)]
pub struct Folder {
    path: Arc<Path>,
    temporary: bool,
    guardian: Arc<Guardian>,
}

impl Folder {
    /// A new folder that is removed in the end.
    pub fn temporary() -> Result<Self> {
        let made = tempfile::Builder::new().prefix("gantry-").tempdir();
        let path = made
            .map_err(Error::while_trying("make a temporary folder"))?
            .keep();
        if geteuid().is_root() {
            open_for_server_account(&path)?;
        }
        Self::occupy(path, true)
    }

    /// The folder at `path`, made when it does not exist; its data stays.
    ///
    /// # Errors
    /// [`Error::FolderInUse`] when another living process uses it. What a dead one left running is waited for.
    pub fn named(path: &Path) -> Result<Self> {
        fs::create_dir_all(path)
            .map_err(Error::while_trying(format!("make {}", path.display())))?;
        let resolved = path.canonicalize();
        Self::occupy(
            resolved.map_err(Error::while_trying(format!("resolve {}", path.display())))?,
            false,
        )
    }

    /// Where `gantry dev` keeps its data unless told otherwise: `.gantry` in the current folder, or /var/lib/gantry
    /// for root in a place that the account PostgreSQL runs as cannot reach.
    pub fn daily_use() -> Result<PathBuf> {
        let current =
            std::env::current_dir().map_err(Error::while_trying("find the current folder"))?;
        let reachable = match Account::for_servers()? {
            Some(account) => account.blocked_on_the_way_to(&current).is_none(),
            None => true,
        };
        Ok(if reachable {
            current.join(".gantry")
        } else {
            PathBuf::from("/var/lib/gantry")
        })
    }

    /// Where the folder is, as an absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the folder is removed in the end.
    pub fn is_temporary(&self) -> bool {
        self.temporary
    }

    /// Spawns a process that ends with the folder's owner.
    pub(crate) fn spawn(&self, command: &mut Command) -> Result<Child> {
        let action = format!("start {}", command.get_program().display());
        self.guardian
            .spawn(command)
            .map_err(Error::while_trying(action))
    }

    fn occupy(path: PathBuf, temporary: bool) -> Result<Self> {
        let lock = lock(&path)?;
        let guardian = Guardian::start(lock, temporary.then_some(path.as_path()))
            .map_err(Error::while_trying("start the guardian shell"))?;
        Ok(Self {
            path: path.into(),
            temporary,
            guardian: Arc::new(guardian),
        })
    }
}

/// Lets other accounts walk through, but not list, a temporary folder.
fn open_for_server_account(path: &Path) -> Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o711)).map_err(Error::while_trying(format!(
        "open {} for PostgreSQL's account",
        path.display()
    )))
}

/// Takes the folder's lock file, which names its owner. The guardian holds it on until the folder is quiet again.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("owner.pid");
    let action = format!("lock {}", path.display());
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(Error::while_trying(&action))?;
    let attempt = wait_for(PREDECESSOR_LIMIT, || match file.try_lock() {
        Ok(()) => Some(Ok(())),
        Err(TryLockError::Error(refused)) => Some(Err(Error::while_trying(&action)(refused))),
        Err(TryLockError::WouldBlock) => living_owner(&path).map(|pid| Err(in_use(folder, pid))),
    });
    attempt.unwrap_or_else(|| Err(in_use(folder, 0)))?;
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(Error::while_trying(&action))?;
    Ok(file)
}

fn in_use(folder: &Path, pid: i32) -> Error {
    Error::FolderInUse {
        folder: folder.to_owned(),
        pid,
    }
}

fn living_owner(lock: &Path) -> Option<i32> {
    let pid = fs::read_to_string(lock).ok()?.trim().parse().ok()?;
    kill(Pid::from_raw(pid), None).is_ok().then_some(pid)
}
