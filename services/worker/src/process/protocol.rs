//! What worker, guardian and launcher say to each other over their sockets.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
};

use serde::{Deserialize, Serialize};

use super::program::{Program, ResourceLimits};

/// Everything the launcher needs to become the program, besides its stdin.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LaunchPlan {
    pub(super) executable: OsString,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) working_folder: OsString,
    pub(super) limits: ResourceLimits,
}

/// A plan and the bytes for stdin, as they travel first from worker to guardian and from there to the launcher: two
/// blocks that each start with their length. All that follows is one JSON text a line.
pub(super) struct Launch {
    plan: Vec<u8>,
    stdin: Vec<u8>,
}

impl Launch {
    pub(super) fn of(program: &Program) -> Self {
        let plan = LaunchPlan {
            executable: program.executable.clone().into_os_string(),
            arguments: program.arguments.clone(),
            environment: program.environment.clone(),
            working_folder: program.working_folder.clone().into_os_string(),
            limits: program.limits,
        };
        Self {
            plan: serde_json::to_vec(&plan).expect("a plan is made of strings and numbers"),
            stdin: program.stdin.clone(),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            Vec::with_capacity(self.plan.len() + self.stdin.len() + 2 * size_of::<u64>());
        for block in [&self.plan, &self.stdin] {
            bytes.extend_from_slice(&(block.len() as u64).to_be_bytes());
            bytes.extend_from_slice(block);
        }
        bytes
    }

    pub(super) fn write_to(&self, writer: &mut impl Write) -> io::Result<()> {
        writer.write_all(&self.to_bytes())
    }

    pub(super) fn read_from(reader: &mut impl Read) -> io::Result<Self> {
        Ok(Self {
            plan: read_block(reader)?,
            stdin: read_block(reader)?,
        })
    }

    pub(super) fn plan(&self) -> io::Result<LaunchPlan> {
        Ok(serde_json::from_slice(&self.plan)?)
    }

    pub(super) fn stdin(&self) -> &[u8] {
        &self.stdin
    }
}

fn read_block(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; size_of::<u64>()];
    reader.read_exact(&mut length)?;
    let length = u64::from_be_bytes(length);
    let mut block = Vec::new();
    reader.take(length).read_to_end(&mut block)?;
    if block.len() as u64 == length {
        Ok(block)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// What the worker tells the guardian of a running program.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Command {
    /// Send this signal to the program's group; SIGKILL ends the run.
    Signal(i32),
    /// Kill everything unless the next such command arrives within this time.
    LiveFor { milliseconds: u64 },
}

/// What the guardian tells the worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    /// The program is about to run under this process id, which will also be that of its group and session.
    Launching { process_id: i32 },
    /// The program could not be started. Nothing is left.
    StartFailed { reason: String },
    /// The program has ended and nothing of it is left.
    Ended {
        ending: Ending,
        maximum_resident_bytes: u64,
        cpu_seconds: f64,
    },
}

/// How the program ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ending {
    Exited(i32),
    Signalled(i32),
}

/// A message as its line.
pub(super) fn to_line(message: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(message).expect("a message is made of strings and numbers");
    line.push(b'\n');
    line
}
