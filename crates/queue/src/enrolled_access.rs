//! What the user of a machine of a tenant's own may do in Redis: the keys of its queues, and the commands of the protocol.

use std::fmt::Write;

use deadpool_redis::redis::{Cmd, cmd};
use gantry_domain::{QueueName, TenantId, WorkerTokenId};

use crate::shards::Shards;
use crate::{Queue, QueueError};

/// The commands of a worker's side of the protocol. No script among them, which could hold up everyone, and none that reaches
/// beyond the keys it names.
const COMMANDS: [&str; 12] = [
    "ping",
    "unwatch",
    "xreadgroup",
    "xgroup|create",
    "xgroup|delconsumer",
    "xpending",
    "xack",
    "xdel",
    "xadd",
    "expire",
    "hincrby",
    "quit",
];

/// What the user of a machine of a tenant's own may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledAccess {
    /// The machine's token, after which its user is named.
    pub token_id: WorkerTokenId,
    /// The tenant whose doorbells it hears.
    pub tenant_id: TenantId,
    /// The queues that it may serve.
    pub queues: Vec<QueueName>,
    /// SHA-256 of the user's password.
    pub password_hash: [u8; 32],
}

impl Queue {
    /// The user that belongs to a worker token.
    pub fn enrolled_user(&self, token_id: WorkerTokenId) -> String {
        self.keys.enrolled_user(token_id)
    }

    /// Makes the user, or gives it exactly this access where it is there: a Redis that started anew has forgotten it.
    ///
    /// # Errors
    /// Redis cannot be reached, or does not let this service manage users.
    pub async fn let_in(&self, access: &EnrolledAccess) -> Result<(), QueueError> {
        let mut connection = self.connection().await?;
        self.set_user(access)
            .query_async::<()>(&mut connection)
            .await?;
        Ok(())
    }

    /// Takes the user away and closes its connections; does nothing where there is none.
    ///
    /// # Errors
    /// Redis cannot be reached.
    pub async fn put_out(&self, token_id: WorkerTokenId) -> Result<(), QueueError> {
        let mut connection = self.connection().await?;
        cmd("ACL")
            .arg("DELUSER")
            .arg(self.keys.enrolled_user(token_id))
            .query_async::<()>(&mut connection)
            .await?;
        Ok(())
    }

    fn set_user(&self, access: &EnrolledAccess) -> Cmd {
        let mut command = cmd("ACL");
        command
            .arg("SETUSER")
            .arg(self.keys.enrolled_user(access.token_id))
            .arg("reset")
            .arg("on")
            .arg(format!("#{}", hexadecimal(&access.password_hash)));
        for queue in &access.queues {
            let shards = Shards::of(Some(access.tenant_id));
            for key in self.keys.all_work(queue, shards) {
                command.arg(format!("~{}", without_wildcards(&key)));
            }
            command.arg(format!("~{}", self.keys.all_of(queue, "runs")));
            // Followers read what it publishes; it has no need to.
            command.arg(format!("%W~{}", self.keys.all_of(queue, "feed")));
        }
        for name in COMMANDS {
            command.arg(format!("+{name}"));
        }
        command
    }
}

/// Neither the prefix nor a queue's name can hold a wildcard; were it otherwise, this would keep it from being one.
fn without_wildcards(key: &str) -> String {
    let mut pattern = String::with_capacity(key.len());
    for character in key.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
