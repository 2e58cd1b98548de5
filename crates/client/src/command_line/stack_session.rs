//! A whole stack on this machine for as long as a command wants it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use gantry_client::Client;
use gantry_devkit::{Stack, StackBuilder};

use crate::command_line::failure::{Failure, Result};
use crate::command_line::interrupt::Interrupt;

/// Who to be for an API that believes it.
pub(crate) const DEVELOPMENT_USER: &str = "developer";
/// Their e-mail address.
pub(crate) const DEVELOPMENT_EMAIL: &str = "developer@example.org";

/// How often the processes are looked after.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// A running stack.
pub(crate) struct StackSession {
    stack: Stack,
}

/// How the wait for the end of a session ended.
pub(crate) enum SessionEnd {
    /// Someone asked for it.
    Asked,
    /// A process ended by itself.
    ProcessEnded(Failure),
}

impl StackSession {
    /// Starts the stack; `None` when someone asked for the end before it was ready. What had been started by then is
    /// ended by its guardian as soon as this process is gone.
    pub(crate) async fn start(
        builder: StackBuilder,
        interrupt: &mut Interrupt,
    ) -> Result<Option<Self>> {
        let starting = tokio::task::spawn_blocking(|| builder.start());
        tokio::select! {
            started = starting => {
                let stack = started.expect("starting a stack does not panic")?;
                Ok(Some(Self { stack }))
            }
            () = interrupt.received() => Ok(None),
        }
    }

    /// The API's address.
    pub(crate) fn api_url(&self) -> String {
        self.stack.api_url()
    }

    /// Where data and logs are.
    pub(crate) fn folder(&self) -> PathBuf {
        self.stack.folder().to_owned()
    }

    /// A client for the stack's API, as the development user.
    pub(crate) fn client(&self) -> Result<Client> {
        let client = Client::builder(&self.stack.api_url())
            .development_user(DEVELOPMENT_USER)?
            .development_email(DEVELOPMENT_EMAIL)?;
        Ok(client.build()?)
    }

    /// Waits until someone asks for the end or one of the stack's processes ends by itself.
    pub(crate) async fn ended(&mut self, interrupt: &mut Interrupt) -> Result<SessionEnd> {
        let mut looks = tokio::time::interval(LOOK_INTERVAL);
        loop {
            tokio::select! {
                () = interrupt.received() => return Ok(SessionEnd::Asked),
                _ = looks.tick() => {
                    if let Some(failure) = self.ended_process()? {
                        return Ok(SessionEnd::ProcessEnded(failure));
                    }
                }
            }
        }
    }

    /// Ends everything in an orderly way.
    pub(crate) async fn stop(self) -> Result<()> {
        let stopping = tokio::task::spawn_blocking(|| self.stack.stop());
        Ok(stopping.await.expect("stopping a stack does not panic")?)
    }

    fn ended_process(&mut self) -> Result<Option<Failure>> {
        for process in self.stack.processes() {
            if let Some(status) = process.exit_status()? {
                return Ok(Some(Failure::ProcessEnded {
                    name: process.name().to_owned(),
                    status,
                    log: process.log_path(),
                    tail: process.log_tail(),
                }));
            }
        }
        Ok(None)
    }
}

/// Says in one line that a port is taken, before servers are started in vain. Port 0 stands for any free one.
pub(crate) fn require_free(port: u16) -> Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .map_err(|error| {
            Failure::Usage(format!(
                "port {port} on 127.0.0.1 cannot be used ({error}): choose another one with --port, or --port 0 for any"
            ))
        })
}
