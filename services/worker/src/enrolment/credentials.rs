//! The credentials of an enrolled machine, in a file for its user's eyes alone.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gantry_domain::{QueueName, TenantId, WorkerTokenId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

/// The largest file that is read.
const FILE_LIMIT_BYTES: u64 = 64 * 1024;
/// Readable and writable for its owner alone.
const FILE_MODE: u32 = 0o600;
/// What of a mode lets others in.
const OTHERS_MODE: u32 = 0o077;

/// What an enrolled machine works with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The API that let it in.
    pub api_url: Url,
    /// Its token's id.
    pub token_id: WorkerTokenId,
    /// Its token.
    pub token: SecretString,
    /// The tenant whose machine it is.
    pub tenant_id: TenantId,
    /// The queues that it may serve.
    pub queues: Vec<QueueName>,
    /// Where Postgres is, with its login.
    pub database_url: SecretString,
    /// Where Redis is, with its user.
    pub redis_url: SecretString,
    /// What every key in Redis begins with.
    pub redis_prefix: String,
}

/// The file's content.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialsDocument {
    version: u32,
    api_url: Url,
    token_id: WorkerTokenId,
    token: String,
    tenant_id: TenantId,
    queues: Vec<QueueName>,
    database_url: String,
    redis_url: String,
    redis_prefix: String,
}

/// The only version there is.
const VERSION: u32 = 1;

/// Why a credentials file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The system refuses.
    #[error("the credentials file {path} cannot be {deed}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// What was to be done.
        deed: &'static str,
        /// What the system answered.
        #[source]
        cause: io::Error,
    },
    /// Others on the machine could read the secrets in it.
    #[error(
        "the credentials file {path} is open to others on this machine: run `chmod 600 {path}`, and if they may have read it, revoke the token and enrol anew"
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
    /// It is not what `gantry-worker enroll` writes.
    #[error(
        "the credentials file {path} is not one that this version of `gantry-worker enroll` writes: enrol the machine anew"
    )]
    NotCredentials {
        /// The file.
        path: PathBuf,
    },
}

impl Credentials {
    /// Reads a file that `gantry-worker enroll` wrote.
    ///
    /// # Errors
    /// It cannot be read, others could read it too, or it holds something else.
    pub fn read(path: &Path) -> Result<Self, CredentialsError> {
        let refused = |cause| CredentialsError::File {
            path: path.to_owned(),
            deed: "read",
            cause,
        };
        let file = File::open(path).map_err(refused)?;
        if file.metadata().map_err(refused)?.mode() & OTHERS_MODE != 0 {
            return Err(CredentialsError::OpenToOthers {
                path: path.to_owned(),
            });
        }
        let mut text = String::new();
        file.take(FILE_LIMIT_BYTES)
            .read_to_string(&mut text)
            .map_err(refused)?;
        let document = serde_json::from_str::<CredentialsDocument>(&text).ok();
        document
            .filter(|document| document.version == VERSION && !document.queues.is_empty())
            .map(Self::from)
            .ok_or_else(|| CredentialsError::NotCredentials {
                path: path.to_owned(),
            })
    }

    /// What a setting is on this machine, where the credentials decide.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        let text = match name {
            "DATABASE_URL" => self.database_url.expose_secret().to_owned(),
            "REDIS_URL" => self.redis_url.expose_secret().to_owned(),
            "GANTRY_REDIS_PREFIX" => self.redis_prefix.clone(),
            _ => return None,
        };
        Some(text.into())
    }

    /// The queues as the setting writes them.
    pub fn queue_list(&self) -> OsString {
        let names: Vec<&str> = self.queues.iter().map(QueueName::as_str).collect();
        names.join(",").into()
    }
}

impl From<CredentialsDocument> for Credentials {
    fn from(document: CredentialsDocument) -> Self {
        Self {
            api_url: document.api_url,
            token_id: document.token_id,
            token: document.token.into(),
            tenant_id: document.tenant_id,
            queues: document.queues,
            database_url: document.database_url.into(),
            redis_url: document.redis_url.into(),
            redis_prefix: document.redis_prefix,
        }
    }
}

/// A file beside the one to be written, made before the token is traded: so no token is used up for a folder that cannot be
/// written to, and whoever reads the file finds all of it or what was there before.
pub(super) struct NewCredentialsFile {
    path: PathBuf,
    draft_path: PathBuf,
    draft: File,
}

impl NewCredentialsFile {
    pub(super) fn prepare(path: &Path) -> Result<Self, CredentialsError> {
        let mut draft_name = path.file_name().unwrap_or_default().to_owned();
        draft_name.push(format!(".{}", std::process::id()));
        let draft_path = path.with_file_name(draft_name);
        let draft = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(&draft_path)
            .map_err(|cause| not_written(path, cause))?;
        Ok(Self {
            path: path.to_owned(),
            draft_path,
            draft,
        })
    }

    pub(super) fn write(mut self, credentials: &Credentials) -> Result<(), CredentialsError> {
        let document = CredentialsDocument {
            version: VERSION,
            api_url: credentials.api_url.clone(),
            token_id: credentials.token_id,
            token: credentials.token.expose_secret().to_owned(),
            tenant_id: credentials.tenant_id,
            queues: credentials.queues.clone(),
            database_url: credentials.database_url.expose_secret().to_owned(),
            redis_url: credentials.redis_url.expose_secret().to_owned(),
            redis_prefix: credentials.redis_prefix.clone(),
        };
        let text = serde_json::to_string_pretty(&document).map_err(io::Error::from);
        text.and_then(|text| self.draft.write_all(text.as_bytes()))
            .and_then(|()| self.draft.sync_all())
            .and_then(|()| fs::rename(&self.draft_path, &self.path))
            .map_err(|cause| not_written(&self.path, cause))
    }
}

impl Drop for NewCredentialsFile {
    fn drop(&mut self) {
        // After a successful write there is none.
        let _ = fs::remove_file(&self.draft_path);
    }
}

fn not_written(path: &Path, cause: io::Error) -> CredentialsError {
    CredentialsError::File {
        path: path.to_owned(),
        deed: "written",
        cause,
    }
}
