//! The account a server runs as when the caller is root, which PostgreSQL refuses to be.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{User, geteuid};

use crate::error::{Error, Result};

const CANDIDATES: [&str; 3] = ["postgres", "nobody", "daemon"];

/// An unprivileged account of this system.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// The account PostgreSQL is to run as; `None` when the caller's own will do because it is not root.
    pub(crate) fn for_servers() -> Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let found = CANDIDATES
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten());
        let user = found.ok_or_else(|| Error::AccountMissing {
            candidates: CANDIDATES.join(", "),
        })?;
        Ok(Some(Self {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        }))
    }

    /// Makes `command` run as this account.
    pub(crate) fn run(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives `path` to this account.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(Error::while_trying(format!(
            "give {} to {}",
            path.display(),
            self.name
        )))
    }

    /// The error for a folder this account cannot reach.
    pub(crate) fn check_reach(&self, folder: &Path) -> Result<()> {
        match self.blocked_on_the_way_to(folder) {
            Some(blocked) => Err(Error::FolderUnreachable {
                account: self.name.clone(),
                blocked,
            }),
            None => Ok(()),
        }
    }

    /// The outermost folder on the way to `folder`, itself included, that this account may not enter.
    pub(crate) fn blocked_on_the_way_to(&self, folder: &Path) -> Option<PathBuf> {
        let from_the_root: Vec<&Path> = folder.ancestors().collect();
        let blocked = from_the_root
            .into_iter()
            .rev()
            .find(|ancestor| !self.may_enter(ancestor));
        blocked.map(Path::to_owned)
    }

    fn may_enter(&self, folder: &Path) -> bool {
        fs::metadata(folder).is_ok_and(|metadata| {
            let search_bit = if metadata.uid() == self.uid {
                0o100
            } else if metadata.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            metadata.mode() & search_bit != 0
        })
    }
}
