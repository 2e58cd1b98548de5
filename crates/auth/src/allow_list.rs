//! Who may come in: addresses, whole domains and subjects.

use std::collections::HashSet;

use gantry_domain::EmailAddress;

use crate::config::{AppEnvironment, AuthConfig};
use crate::error::{AuthError, ConfigError};
use crate::principal::{Email, Identity};

const SETTING: &str = "AUTH_ALLOWED_EMAILS";
/// When to ask again after an address could not be looked up.
const LOOKUP_RETRY_SECONDS: u64 = 5;

/// Who may come in. An empty list admits everyone; whether it may be empty is decided when it is made.
///
/// Only ASCII letters are folded: the Kelvin sign must not pass for a `k`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList {
    addresses: HashSet<String>,
    domains: HashSet<String>,
    subjects: HashSet<String>,
}

impl AllowList {
    /// The list of `AUTH_ALLOWED_EMAILS`.
    ///
    /// # Errors
    /// When an entry is neither an address nor a domain nor a subject, when the list is empty in production without
    /// `AUTH_ALLOW_ALL=true`, and when it is filled although that is set.
    pub fn from_config(config: &AuthConfig) -> Result<Self, ConfigError> {
        let list = Self::from_entries(SETTING, &config.allowed_emails)?;
        if config.allow_all && !list.admits_everyone() {
            return Err(ConfigError::Contradiction {
                setting: "AUTH_ALLOW_ALL=true",
                other: SETTING,
                why: "either everyone may come in or those on the list",
            });
        }
        let production = config.app_environment == AppEnvironment::Production;
        if production && list.admits_everyone() && !config.allow_all {
            return Err(ConfigError::Required {
                setting: SETTING,
                condition: "APP_ENV=production (or say AUTH_ALLOW_ALL=true to let everyone in)",
            });
        }
        Ok(list)
    }

    /// The list of a setting's entries: `@domain`, an address, or (without `@`) a subject.
    ///
    /// # Errors
    /// When an entry is none of these. An entry of blanks alone is passed over.
    pub fn from_entries(setting: &'static str, entries: &[String]) -> Result<Self, ConfigError> {
        let mut list = Self::default();
        for entry in entries
            .iter()
            .map(|entry| entry.trim())
            .filter(|entry| !entry.is_empty())
        {
            list.add(setting, entry)?;
        }
        Ok(list)
    }

    /// Lets the identity pass or says why not.
    ///
    /// # Errors
    /// [`AuthError::Forbidden`] when it is not on the list, [`AuthError::ProviderUnavailable`] when only its address could
    /// tell and that cannot be looked up now.
    pub fn admit(&self, identity: &Identity) -> Result<(), AuthError> {
        if self.admits_everyone() || self.subjects.contains(&identity.subject) {
            return Ok(());
        }
        match &identity.email {
            Email::Known(address) if self.names(address) => Ok(()),
            Email::Known(_) => Err(not_on_the_list(
                "neither address nor subject is on the list",
            )),
            Email::Absent => Err(not_on_the_list(
                "no verified address, and the subject is not on the list",
            )),
            Email::Unavailable => Err(AuthError::ProviderUnavailable {
                reason: "the e-mail address for the allow-list cannot be looked up",
                retry_after_seconds: LOOKUP_RETRY_SECONDS,
            }),
        }
    }

    /// Whether there is no list.
    pub fn admits_everyone(&self) -> bool {
        self.addresses.is_empty() && self.domains.is_empty() && self.subjects.is_empty()
    }

    fn add(&mut self, setting: &'static str, entry: &str) -> Result<(), ConfigError> {
        let entry_is_email = EmailAddress::split(entry).is_some();
        match entry.strip_prefix('@') {
            Some(domain) if EmailAddress::is_domain(domain) => {
                self.domains.insert(domain.to_ascii_lowercase());
            }
            None if entry_is_email => {
                self.addresses.insert(entry.to_ascii_lowercase());
            }
            None if !entry.contains('@') && !entry.contains(char::is_whitespace) => {
                self.subjects.insert(entry.to_owned());
            }
            _ => {
                return Err(ConfigError::Invalid {
                    setting,
                    fault: format!(
                        "has the entry {entry:?}, which is neither an address, nor @domain, nor a subject"
                    ),
                });
            }
        }
        Ok(())
    }

    /// Whether an entry names this person, by subject or by address.
    pub(crate) fn names_person(&self, subject: &str, address: Option<&str>) -> bool {
        self.subjects.contains(subject) || address.is_some_and(|address| self.names(address))
    }

    fn names(&self, address: &str) -> bool {
        let address = address.to_ascii_lowercase();
        EmailAddress::split(&address).is_some_and(|(_, domain)| {
            self.domains.contains(domain) || self.addresses.contains(&address)
        })
    }
}

/// Whether the text is one plain e-mail address.
#[cfg(any(feature = "signed-tokens", feature = "auth-dev"))]
pub(crate) fn is_email_address(text: &str) -> bool {
    EmailAddress::split(text).is_some()
}

fn not_on_the_list(reason: &'static str) -> AuthError {
    AuthError::Forbidden {
        reason,
        message: "This account is not admitted here. Ask the operator to add it to the allow-list.",
    }
}
