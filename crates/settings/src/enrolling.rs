//! What `gantry-worker enroll` reads.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use url::{Host, Url};

use crate::error::SettingError;
use crate::parse::Settings;
use crate::value::{Unusable, name, text};

/// What `gantry-worker enroll` reads.
#[derive(Debug, Clone, Args)]
pub struct EnrollingSettings {
    /// The API that lets this machine in; required
    #[arg(id = "url", long, env = "GANTRY_URL", value_name = "URL", value_parser = api_address)]
    pub url: Url,

    /// The enrol token; better given as a file, or in the environment, than as a flag that others on the machine can read
    #[arg(
        id = "enrol-token", long, env = "GANTRY_ENROL_TOKEN", hide_env_values = true, value_name = "TOKEN",
        value_parser = secret
    )]
    pub token: Option<SecretString>,

    /// File that holds the enrol token
    #[arg(
        id = "enrol-token-file",
        long,
        env = "GANTRY_ENROL_TOKEN_FILE",
        value_name = "FILE"
    )]
    pub token_file: Option<PathBuf>,

    /// The file to write, for this user's eyes alone; the worker is started with it afterwards. Required
    #[arg(
        id = "worker-credentials-file",
        long,
        env = "GANTRY_WORKER_CREDENTIALS_FILE",
        value_name = "FILE"
    )]
    pub credentials_file: PathBuf,

    /// What this machine is called; its host name when unset
    #[arg(id = "worker-name", long, env = "GANTRY_WORKER_NAME", value_name = "NAME", value_parser = name)]
    name: Option<String>,
}

impl EnrollingSettings {
    /// The machine's name: the one given, else its host name.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(crate::worker::host_name)
    }
}

impl Settings for EnrollingSettings {
    fn check(&self) -> Result<(), SettingError> {
        match (&self.token, &self.token_file) {
            (None, None) => Err(SettingError::RequiredWhen {
                setting: "GANTRY_ENROL_TOKEN_FILE",
                condition: "GANTRY_ENROL_TOKEN is unset",
            }),
            (Some(_), Some(_)) => Err(SettingError::Contradiction {
                setting: "GANTRY_ENROL_TOKEN",
                other: "GANTRY_ENROL_TOKEN_FILE",
                remedy: "set one of them",
            }),
            _ => Ok(()),
        }
    }
}

/// Reads the address of an API, to which secrets are sent: so over TLS, or not beyond this machine.
fn api_address(address: &str) -> Result<Url, Unusable> {
    let is_here = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match Url::parse(address) {
        Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_here(&url)) => Ok(url),
        _ => Err(Unusable(
            "must be an https URL such as https://gantry.example.com; http only on this machine"
                .to_owned(),
        )),
    }
}

fn secret(value: &str) -> Result<SecretString, Unusable> {
    Ok(SecretString::from(text(value)?))
}
