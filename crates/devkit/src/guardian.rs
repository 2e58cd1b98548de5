//! The small shell process that outlives its owner just long enough to end what the owner started.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Leads a process group in which the owner's processes run, and ends that group when the owner is gone.
///
/// A parent-death signal would not do: it follows the thread that spawned, not the process, and is cleared for a server
/// that runs under another account.
#[derive(Debug)]
pub(crate) struct Guardian {
    shell: Child,
    /// Closes when the owner ends, however it does.
    lifeline: Mutex<Option<ChildStdin>>,
}

impl Guardian {
    /// Starts a guardian that also holds `lock` open until everything has ended, and then removes `temporary_folder`.
    pub(crate) fn start(lock: File, temporary_folder: Option<&Path>) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh")
            .arg("-c")
            .arg(include_str!("guardian.sh"))
            .arg("gantry-guardian")
            .arg(temporary_folder.unwrap_or(Path::new("")))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(lock)
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let lifeline = Mutex::new(shell.stdin.take());
        Ok(Self { shell, lifeline })
    }

    /// Spawns `command` inside the guarded group: there is no instant at which it runs unguarded.
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        let group = i32::try_from(self.shell.id()).map_err(io::Error::other)?;
        let child = command.process_group(group).spawn()?;
        let mut lifeline = self.lifeline.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipe) = lifeline.as_mut() {
            writeln!(pipe, "{}", child.id())?;
        }
        Ok(child)
    }
}

impl Drop for Guardian {
    /// Lets the guardian do its work and waits for it, so that an orderly end and a violent one clean up alike.
    fn drop(&mut self) {
        drop(
            self.lifeline
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        // A guardian that is already gone leaves nothing to wait for.
        let _ = self.shell.wait();
    }
}
