//! The data folder of a private PostgreSQL: made once, taken over from a dead predecessor.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::programs::Programs;
use crate::account::Account;
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::password;
use crate::process::ServiceProcess;

/// A second on a fast disk; what takes longer than this does not end.
const INITDB_LIMIT: Duration = Duration::from_secs(120);

/// The superuser of every private server.
pub(crate) const SUPERUSER: &str = "postgres";

/// A data folder with the password of its superuser.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) data: PathBuf,
    pub(crate) password: String,
}

impl Cluster {
    /// The data folder in `folder`, made by initdb when it is not there.
    pub(crate) fn open(
        folder: &Folder,
        programs: &Programs,
        account: Option<&Account>,
    ) -> Result<Self> {
        if let Some(account) = account {
            account.check_reach(folder.path())?;
        }
        let password_file = folder.path().join("postgres.password");
        let password = password::kept_in(&password_file)?;
        let data = folder.path().join("postgres");
        if !data.exists() {
            if let Some(account) = account {
                account.own(&password_file)?;
            }
            create(folder, &data, &password_file, programs, account)?;
        }
        remove_lock_of_a_stranger(&data)?;
        Ok(Self { data, password })
    }

    /// Whether the server with process number `pid` accepts connections, as it says itself in its lock file.
    pub(crate) fn check_ready(&self, pid: i32) -> std::result::Result<(), String> {
        let lock = fs::read_to_string(lock_file(&self.data)).unwrap_or_default();
        let mut lines = lock.lines();
        let written_by = lines.next().unwrap_or_default();
        let status = lines.nth(6).unwrap_or_default().trim();
        if written_by == pid.to_string() && status == "ready" {
            Ok(())
        } else {
            Err(format!(
                "postmaster.pid says process {written_by:?} is {status:?}"
            ))
        }
    }
}

/// Makes the data folder under another name first, so that an interrupted attempt is not taken for a finished one.
fn create(
    folder: &Folder,
    data: &Path,
    password_file: &Path,
    programs: &Programs,
    account: Option<&Account>,
) -> Result<()> {
    let unfinished = data.with_extension("unfinished");
    if let Err(error) = fs::remove_dir_all(&unfinished)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(Error::while_trying(format!(
            "remove {}",
            unfinished.display()
        ))(error));
    }
    fs::create_dir(&unfinished).map_err(Error::while_trying(format!(
        "make {}",
        unfinished.display()
    )))?;
    let mut command = Command::new(&programs.initdb);
    command
        .arg("--pgdata")
        .arg(&unfinished)
        .args([
            "--username",
            SUPERUSER,
            "--encoding=UTF8",
            "--locale=C",
            "--auth=password",
        ])
        .arg("--pwfile")
        .arg(password_file)
        .current_dir(&unfinished);
    if let Some(account) = account {
        account.own(&unfinished)?;
        account.run(&mut command);
    }
    let mut making = ServiceProcess::spawn(folder, "initdb", &mut command)?;
    let status = making.wait_for_exit(INITDB_LIMIT)?;
    if !status.success() {
        return Err(Error::CommandFailed {
            command: "initdb".to_owned(),
            status,
            output: making.log_tail(),
        });
    }
    fs::rename(&unfinished, data).map_err(Error::while_trying(format!("name {}", data.display())))
}

/// After a `kill -9` the number in postmaster.pid may by now belong to a process that has nothing to do with this
/// folder; PostgreSQL would refuse to start because of it. A postmaster works in its data folder, a stranger does not.
fn remove_lock_of_a_stranger(data: &Path) -> Result<()> {
    let lock = lock_file(data);
    let Some(pid) = fs::read_to_string(&lock)
        .ok()
        .and_then(|text| text.lines().next().map(str::to_owned))
    else {
        return Ok(());
    };
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(working_folder) if working_folder != data => fs::remove_file(&lock).map_err(
            Error::while_trying(format!("remove the stale {}", lock.display())),
        ),
        // The server itself, a process of another account, or nobody: PostgreSQL tells these apart.
        _ => Ok(()),
    }
}

fn lock_file(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}
