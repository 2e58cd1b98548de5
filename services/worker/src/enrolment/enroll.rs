//! `gantry-worker enroll`: trades an enrol token for the credentials file that the worker is started with.

use std::fs;
use std::path::PathBuf;

use gantry_settings::EnrollingSettings;
use secrecy::SecretString;

use super::api::Api;
use super::credentials::{Credentials, CredentialsError, NewCredentialsFile};

/// Why a machine was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// The file with the enrol token cannot be read.
    #[error("GANTRY_ENROL_TOKEN_FILE {path} cannot be read: {cause}")]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        #[source]
        cause: std::io::Error,
    },
    /// The credentials cannot be written; the token was not used where that could be known before.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The API refused, or cannot be reached.
    #[error("this machine was not enrolled: {0}")]
    NotEnrolled(String),
}

/// Lets this machine in and writes its credentials.
///
/// # Errors
/// It was not let in, or the file cannot be written.
pub async fn enroll(settings: &EnrollingSettings) -> Result<Credentials, EnrollError> {
    let enrol_token = enrol_token(settings)?;
    let file = NewCredentialsFile::prepare(&settings.credentials_file)?;
    let not_enrolled =
        |failure: super::api::ApiFailure| EnrollError::NotEnrolled(failure.to_string());
    let api = Api::new(settings.url.clone()).map_err(not_enrolled)?;
    let enrolled = api
        .enroll(&enrol_token, &settings.name())
        .await
        .map_err(not_enrolled)?;
    let credentials = Credentials {
        api_url: settings.url.clone(),
        token_id: enrolled.id,
        token: enrolled.token,
        tenant_id: enrolled.tenant_id,
        queues: enrolled.queues,
        database_url: enrolled.database_url,
        redis_url: enrolled.redis_url,
        redis_prefix: enrolled.redis_prefix,
    };
    file.write(&credentials)?;
    Ok(credentials)
}

fn enrol_token(settings: &EnrollingSettings) -> Result<SecretString, EnrollError> {
    if let Some(token) = &settings.token {
        return Ok(token.clone());
    }
    let path = settings.token_file.clone().unwrap_or_default();
    let text = fs::read_to_string(&path);
    let text = text.map_err(|cause| EnrollError::TokenFile { path, cause })?;
    Ok(SecretString::from(text.trim()))
}
