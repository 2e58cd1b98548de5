//! Development headers, believed without proof; never in production.

use async_trait::async_trait;
use gantry_domain::TenantId;

use super::IdentityProvider;
use crate::allow_list::is_email_address;
use crate::config::{AppEnvironment, AuthConfig};
use crate::credentials::{Credentials, HeaderField, header_name};
use crate::error::{AuthError, ConfigError};
use crate::principal::{Email, Identity, Organization};

/// The issuer of identities that nobody vouches for.
pub(super) const ISSUER: &str = "dev";
/// The longest user id or tenant name.
const NAME_LIMIT_BYTES: usize = 128;
const NAME_REQUIREMENT: &str = "1 to 128 visible ASCII characters, sent once";
const TENANT_REQUIREMENT: &str = "a UUID or a name of 1 to 128 visible ASCII characters, sent once";
const EMAIL_REQUIREMENT: &str = "one e-mail address, sent once";

/// Believes `X-Dev-User-Id`, `X-Dev-User-Email` and `X-Tenant-Id`.
pub(super) struct DevelopmentProvider;

impl DevelopmentProvider {
    /// The provider, unless this is production.
    pub(super) fn from_config(config: &AuthConfig) -> Result<Self, ConfigError> {
        if config.app_environment == AppEnvironment::Production {
            return Err(ConfigError::Contradiction {
                setting: "AUTH_MODE=dev-bypass",
                other: "APP_ENV=production",
                why: "it believes whoever the caller claims to be",
            });
        }
        Ok(Self)
    }
}

#[async_trait]
impl IdentityProvider for DevelopmentProvider {
    fn issuer(&self) -> &str {
        ISSUER
    }

    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthError> {
        let subject = subject(&credentials.development_user)?;
        let email = email(&credentials.development_email)?;
        let (tenant, organization) = tenant(&credentials.tenant, subject)?;
        Ok(Identity {
            issuer: ISSUER.to_owned(),
            subject: subject.to_owned(),
            email,
            display_name: None,
            organization,
            tenant,
            authorized_party: None,
            expires_at: None,
        })
    }
}

fn subject(field: &HeaderField) -> Result<&str, AuthError> {
    match field {
        HeaderField::Absent => Err(AuthError::Unauthenticated {
            reason: "X-Dev-User-Id is missing",
            message: "Say who you are: send the header X-Dev-User-Id.",
        }),
        HeaderField::Text(name) if is_name(name) => Ok(name),
        HeaderField::Text(_) | HeaderField::Unreadable => Err(AuthError::BadHeader {
            header: header_name::DEVELOPMENT_USER,
            requirement: NAME_REQUIREMENT,
        }),
    }
}

fn email(field: &HeaderField) -> Result<Email, AuthError> {
    match field {
        HeaderField::Absent => Ok(Email::Absent),
        HeaderField::Text(address) if is_email_address(address) => {
            Ok(Email::Known(address.clone()))
        }
        HeaderField::Text(_) | HeaderField::Unreadable => Err(AuthError::BadHeader {
            header: header_name::DEVELOPMENT_EMAIL,
            requirement: EMAIL_REQUIREMENT,
        }),
    }
}

/// A UUID is a tenant's id itself; another name stands for an organization; without either the person is alone.
fn tenant(
    field: &HeaderField,
    subject: &str,
) -> Result<(TenantId, Option<Organization>), AuthError> {
    match field {
        HeaderField::Absent => Ok((Identity::tenant_of(ISSUER, subject, None), None)),
        HeaderField::Text(name) if is_name(name) => Ok(match name.parse() {
            Ok(tenant) => (tenant, None),
            Err(_) => {
                let organization = Organization {
                    id: name.clone(),
                    ..Organization::default()
                };
                (
                    Identity::tenant_of(ISSUER, subject, Some(&organization)),
                    Some(organization),
                )
            }
        }),
        HeaderField::Text(_) | HeaderField::Unreadable => Err(AuthError::BadHeader {
            header: header_name::TENANT,
            requirement: TENANT_REQUIREMENT,
        }),
    }
}

fn is_name(text: &str) -> bool {
    (1..=NAME_LIMIT_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
