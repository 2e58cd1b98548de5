//! E-mail addresses from Clerk's Backend API, for tokens that carry none.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use crate::allow_list::is_email_address;
use crate::bounded_map::BoundedMap;
use crate::clock::Clock;
use crate::config::issuer::is_loopback;
use crate::error::ConfigError;
use crate::jwks::{FETCH_TIMEOUT, FetchError, read_limited};
use crate::principal::Email;

/// How long an address is used without asking again.
const FRESH_FOR: Duration = Duration::from_secs(10 * 60);
/// How long an address is used when asking again fails: an outage locks out nobody who is known.
const USABLE_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How many people's addresses are remembered.
const CAPACITY: usize = 10_000;
/// How long nobody asks again after a lookup failed.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);
/// How many lookups run at once. People share lanes by the hash of their id, so one person is looked up once at a time.
const LANES: usize = 16;

/// A client of the Backend API that asks for nothing but addresses.
pub(super) struct BackendApi {
    client: Client,
    address: Url,
    secret_key: SecretString,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
    lanes: [AsyncMutex<()>; LANES],
}

struct Memory {
    emails: BoundedMap<String, Remembered>,
    failed_at: Option<Duration>,
}

#[derive(Clone)]
struct Remembered {
    email: Email,
    looked_up_at: Duration,
}

#[derive(Deserialize)]
struct User {
    primary_email_address_id: Option<String>,
    #[serde(default)]
    email_addresses: Vec<EmailAddress>,
}

#[derive(Deserialize)]
struct EmailAddress {
    id: String,
    email_address: String,
    verification: Option<Verification>,
}

#[derive(Deserialize)]
struct Verification {
    status: Option<String>,
}

impl BackendApi {
    pub(super) fn new(
        address: Url,
        secret_key: SecretString,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let mut builder = Client::builder()
            .timeout(FETCH_TIMEOUT)
            .redirect(Policy::none());
        if is_loopback(&address) {
            builder = builder.no_proxy();
        }
        let client = builder
            .build()
            .map_err(|error| ConfigError::HttpClient(error.to_string()))?;
        let memory = Memory {
            emails: BoundedMap::new(CAPACITY),
            failed_at: None,
        };
        let lanes = std::array::from_fn(|_| AsyncMutex::new(()));
        Ok(Self {
            client,
            address,
            secret_key,
            clock,
            memory: Mutex::new(memory),
            lanes,
        })
    }

    /// The verified primary address of a person.
    pub(super) async fn email_of(&self, subject: &str) -> Email {
        if !is_user_id(subject) {
            return Email::Absent;
        }
        if let Some(email) = self.remembered(subject, FRESH_FOR) {
            return email;
        }
        let _turn = self.lane_of(subject).lock().await;
        if let Some(email) = self.remembered(subject, FRESH_FOR) {
            return email;
        }
        if !self.has_just_failed() {
            self.look_up(subject).await;
        }
        self.remembered(subject, USABLE_FOR)
            .unwrap_or(Email::Unavailable)
    }

    async fn look_up(&self, subject: &str) {
        let answer = self.ask_for(subject).await;
        let now = self.clock.uptime();
        let mut memory = self.memory();
        match answer {
            Ok(email) => {
                memory.failed_at = None;
                let remembered = Remembered {
                    email,
                    looked_up_at: now,
                };
                memory
                    .emails
                    .insert(subject.to_owned(), remembered, now + USABLE_FOR);
            }
            Err(error) => {
                tracing::warn!(%error, "an e-mail address could not be looked up at the identity provider");
                memory.failed_at = Some(now);
            }
        }
    }

    async fn ask_for(&self, subject: &str) -> Result<Email, FetchError> {
        let response = self
            .client
            .get(self.address_of(subject))
            .bearer_auth(self.secret_key.expose_secret())
            .send()
            .await
            .map_err(|_| FetchError::Unreachable)?;
        if response.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(Email::Absent);
        }
        let body = read_limited(response).await?;
        let user: User = serde_json::from_slice(&body).map_err(|_| FetchError::Unintelligible)?;
        Ok(user.verified_primary_email())
    }

    fn address_of(&self, subject: &str) -> Url {
        let mut address = self.address.clone();
        let path = format!(
            "{}/v1/users/{subject}",
            address.path().trim_end_matches('/')
        );
        address.set_path(&path);
        address
    }

    fn remembered(&self, subject: &str, limit: Duration) -> Option<Email> {
        let now = self.clock.uptime();
        let memory = self.memory();
        let remembered = memory.emails.get(&subject.to_owned(), now)?;
        let is_young_enough = now.saturating_sub(remembered.looked_up_at) < limit;
        is_young_enough.then(|| remembered.email.clone())
    }

    fn has_just_failed(&self) -> bool {
        let now = self.clock.uptime();
        self.memory()
            .failed_at
            .is_some_and(|failed_at| now.saturating_sub(failed_at) < FAILURE_PAUSE)
    }

    fn lane_of(&self, subject: &str) -> &AsyncMutex<()> {
        let mut hasher = DefaultHasher::new();
        subject.hash(&mut hasher);
        &self.lanes[(hasher.finish() % LANES as u64) as usize]
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl User {
    /// Only the primary address, and only once its owner has proven it: any other may belong to somebody else.
    fn verified_primary_email(self) -> Email {
        let Some(primary) = self.primary_email_address_id else {
            return Email::Absent;
        };
        self.email_addresses
            .into_iter()
            .find(|address| address.id == primary)
            .filter(|address| address.is_verified() && is_email_address(&address.email_address))
            .map_or(Email::Absent, |address| Email::Known(address.email_address))
    }
}

impl EmailAddress {
    fn is_verified(&self) -> bool {
        self.verification
            .as_ref()
            .is_some_and(|verification| verification.status.as_deref() == Some("verified"))
    }
}

/// Whether the subject can stand in a path.
fn is_user_id(subject: &str) -> bool {
    subject
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
