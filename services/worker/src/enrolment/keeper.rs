//! Keeping a machine's token valid, and noticing when it has ended.

use std::time::Duration;

use gantry_domain::WorkerTokenState;
use gantry_queue::Queue;
use gantry_store::WorkerStore;
use tokio::time::{Instant, sleep};

use super::Credentials;
use super::api::{Api, ApiFailure};

/// How often the token is renewed: a seventh of its lifetime, so that the API may be away for days.
const RENEW_INTERVAL: Duration = Duration::from_secs(24 * 3_600);
/// How long after a renewal without an answer the next is tried.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);
/// How often it is looked whether Redis still knows the machine's user.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// How a token has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndedToken {
    Expired,
    Revoked,
}

/// Keeps the token of this machine; clones keep the same.
#[derive(Debug, Clone)]
pub(crate) struct TokenKeeper {
    credentials: Credentials,
    api: Api,
}

impl TokenKeeper {
    pub(crate) fn new(credentials: Credentials) -> Result<Self, String> {
        let api = Api::new(credentials.api_url.clone()).map_err(|failure| failure.to_string())?;
        Ok(Self { credentials, api })
    }

    /// Renews the token once a day, and whenever Redis does not know its user; returns when it has ended.
    pub(crate) async fn keep(&self, queue: &Queue) -> EndedToken {
        let mut renew_at = Instant::now();
        loop {
            let is_forgotten = match queue.ping().await {
                Err(error) => error.is_refused_access(),
                Ok(()) => false,
            };
            if is_forgotten || renew_at <= Instant::now() {
                match self.renew().await {
                    Ok(None) => renew_at = Instant::now() + RENEW_INTERVAL,
                    Ok(Some(ended)) => return ended,
                    Err(failure) => {
                        tracing::warn!(%failure, "the worker token could not be renewed; trying again");
                        renew_at = Instant::now() + RETRY_INTERVAL;
                    }
                }
            }
            sleep(LOOK_INTERVAL).await;
        }
    }

    /// How the token has ended, if it has: as Postgres says, and where that does not let the machine in, as the API says.
    pub(crate) async fn ended(&self, store: &WorkerStore) -> Option<EndedToken> {
        match store.token_state().await {
            Ok(Some(WorkerTokenState::Valid)) => None,
            Ok(Some(WorkerTokenState::Expired)) => Some(EndedToken::Expired),
            Ok(Some(WorkerTokenState::Revoked)) => Some(EndedToken::Revoked),
            Ok(None) | Err(_) => self.renew().await.unwrap_or_else(|failure| {
                tracing::warn!(%failure, "it cannot be found out whether the worker token is still valid");
                None
            }),
        }
    }

    /// Renews the token; says how it has ended if it has.
    async fn renew(&self) -> Result<Option<EndedToken>, ApiFailure> {
        match self.api.renew(&self.credentials.token).await {
            Ok(()) => Ok(None),
            Err(ApiFailure::Refused { code, .. }) if code == "worker_token_expired" => {
                Ok(Some(EndedToken::Expired))
            }
            // A token that nobody knows was taken away together with its tenant.
            Err(ApiFailure::Refused { code, .. })
                if code == "worker_token_revoked" || code == "worker_token_unknown" =>
            {
                Ok(Some(EndedToken::Revoked))
            }
            Err(failure) => Err(failure),
        }
    }
}
