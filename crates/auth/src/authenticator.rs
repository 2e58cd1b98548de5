//! From the credentials of a request to a principal: the provider says who it is, the allow-list whether they may come in.

mod verified_tokens;

use std::sync::Arc;

use gantry_domain::TenantId;

use crate::allow_list::AllowList;
use crate::clock::{Clock, SystemClock};
use crate::config::{AuthConfig, AuthMode};
use crate::credentials::{Credentials, HeaderField, Transport, header_name};
use crate::error::{AuthError, ConfigError};
use crate::principal::{Email, Identity, Principal};
use crate::providers::{IdentityProvider, provider_of};

use self::verified_tokens::{TokenDigest, VerifiedTokens};
pub use self::verified_tokens::{VERIFIED_TOKEN_CAPACITY, VERIFIED_TOKEN_LIMIT};

/// Decides who may come in. One for the whole process; shared by reference.
pub struct Authenticator {
    provider: Box<dyn IdentityProvider>,
    allow_list: AllowList,
    operators: Operators,
    verified_tokens: VerifiedTokens,
    authorized_parties: Vec<String>,
}

/// Who may do what concerns everyone.
enum Operators {
    /// Those on the list, and nobody where it is empty.
    Listed(AllowList),
    /// Every development identity: nobody proves who they are there, so a list has to be asked for.
    Everyone,
}

impl Operators {
    fn from_config(mode: AuthMode, config: &AuthConfig) -> Result<Self, ConfigError> {
        let list = AllowList::from_entries(OPERATORS_SETTING, &config.operators)?;
        if mode == AuthMode::DevBypass && list.admits_everyone() {
            return Ok(Self::Everyone);
        }
        Ok(Self::Listed(list))
    }
}

const OPERATORS_SETTING: &str = "GANTRY_OPERATORS";
/// The longest name of a tenant in `X-Tenant-Id`.
const TENANT_NAME_LIMIT_BYTES: usize = 128;

impl Authenticator {
    /// The authenticator of the configured provider.
    ///
    /// # Errors
    /// [`ConfigError`], one line that names the setting, when something is missing, wrong, contradictory or not compiled in.
    pub fn new(config: &AuthConfig) -> Result<Self, ConfigError> {
        Self::with_clock(config, Arc::new(SystemClock::default()))
    }

    /// As [`Authenticator::new`], by another clock.
    ///
    /// # Errors
    /// As [`Authenticator::new`].
    pub fn with_clock(config: &AuthConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let mode = config.mode.ok_or(ConfigError::Invalid {
            setting: "AUTH_MODE",
            fault: "is required: one of clerk, oidc, dev-bypass".to_owned(),
        })?;
        let provider = provider_of(mode, config, Arc::clone(&clock))?;
        Ok(Self {
            provider,
            allow_list: AllowList::from_config(config)?,
            operators: Operators::from_config(mode, config)?,
            verified_tokens: VerifiedTokens::new(clock),
            authorized_parties: config.authorized_parties.clone(),
        })
    }

    /// The cookie that may hold a token, for [`Credentials::from_headers`].
    pub fn session_cookie_name(&self) -> Option<&'static str> {
        self.provider.session_cookie_name()
    }

    /// Who sent these credentials, if they may come in.
    ///
    /// # Errors
    /// [`AuthError`], with a text for the log and one for the caller.
    pub async fn authenticate(&self, credentials: &Credentials) -> Result<Principal, AuthError> {
        let identity = self.identity(credentials).await?;
        self.check_origin(credentials, &identity)?;
        self.allow_list.admit(&identity)?;
        in_tenant_of_choice(credentials, identity)
    }

    /// Lets a person pass for whom a program acts, by what was known when they signed in last; or says why not.
    ///
    /// # Errors
    /// [`AuthError::Forbidden`] when another issuer than today's vouched for them, or they are no longer on the list.
    pub fn admit_again(
        &self,
        issuer: &str,
        subject: &str,
        email: Option<&str>,
    ) -> Result<(), AuthError> {
        if issuer != self.provider.issuer() {
            return Err(AuthError::Forbidden {
                reason: "the person was vouched for by another issuer than the configured one",
                message: "The account this acts for is not admitted here.",
            });
        }
        if self.allow_list.admits_everyone() || self.allow_list.names_person(subject, email) {
            return Ok(());
        }
        Err(AuthError::Forbidden {
            reason: "the person is no longer on the list",
            message: "The account this acts for is not admitted here. Ask the operator to add it to the allow-list.",
        })
    }

    /// Whether this caller may do what concerns everyone.
    pub fn is_operator(&self, principal: &Principal) -> bool {
        match &self.operators {
            Operators::Everyone => true,
            Operators::Listed(list) => {
                list.names_person(&principal.subject, principal.email.as_deref())
            }
        }
    }

    async fn identity(&self, credentials: &Credentials) -> Result<Identity, AuthError> {
        let digest = credentials
            .token()
            .ok()
            .map(|(token, _)| TokenDigest::of(token));
        if let Some(identity) = digest.and_then(|digest| self.verified_tokens.identity(digest)) {
            return Ok(identity);
        }
        let identity = self.provider.authenticate(credentials).await?;
        // Only what is fully known is remembered: an address that could not be looked up is asked for again.
        if let (Some(digest), Some(expires_at)) = (digest, identity.expires_at)
            && identity.email != Email::Unavailable
        {
            self.verified_tokens
                .remember(digest, identity.clone(), expires_at);
        }
        Ok(identity)
    }

    /// A browser sends a cookie along whichever page makes the request, so that page must be one the session is for.
    fn check_origin(
        &self,
        credentials: &Credentials,
        identity: &Identity,
    ) -> Result<(), AuthError> {
        if !matches!(credentials.token(), Ok((_, Transport::Cookie))) {
            return Ok(());
        }
        let is_known = |origin: &String| {
            identity.authorized_party.as_ref() == Some(origin)
                || self.authorized_parties.contains(origin)
        };
        match &credentials.origin {
            HeaderField::Absent => Ok(()),
            HeaderField::Text(origin) if is_known(origin) => Ok(()),
            HeaderField::Text(_) | HeaderField::Unreadable => Err(AuthError::Forbidden {
                reason: "a session cookie came with a request of another origin",
                message: "This page may not use the session. Send the token as Authorization: Bearer.",
            }),
        }
    }
}

/// The caller in the tenant they name, or in their session's own. Whether they belong to another one is not for the
/// credential to say.
fn in_tenant_of_choice(
    credentials: &Credentials,
    identity: Identity,
) -> Result<Principal, AuthError> {
    match &credentials.tenant {
        HeaderField::Absent => Ok(Principal::from(identity)),
        HeaderField::Text(name) if identity.tenant_is_named(name) => Ok(Principal::from(identity)),
        HeaderField::Text(name) => match named_tenant(&identity.issuer, name) {
            Some(tenant) => Ok(Principal::from(identity).in_tenant(tenant)),
            None => Err(unreadable_tenant()),
        },
        HeaderField::Unreadable => Err(unreadable_tenant()),
    }
}

/// A tenant by its own id, or by the id that the caller's identity provider gave the organization.
fn named_tenant(issuer: &str, name: &str) -> Option<TenantId> {
    let is_name = (1..=TENANT_NAME_LIMIT_BYTES).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then(|| {
        name.parse()
            .unwrap_or_else(|_| TenantId::for_organization(issuer, name))
    })
}

fn unreadable_tenant() -> AuthError {
    AuthError::BadHeader {
        header: header_name::TENANT,
        requirement: "the id of a tenant you belong to, sent once",
    }
}
