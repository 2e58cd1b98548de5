//! Signing in: who the caller is, what they are in the tenant they act for, and whether that lets them do what they ask.

use std::net::IpAddr;

use actix_web::HttpRequest;
use gantry_auth::{Credentials, Principal, Standing};
use gantry_domain::{Role, TenantId};
use gantry_store::TenantStanding;

use crate::api::Api;
use crate::api_keys::{PresentedKey, present_key};
use crate::client_address::client_address;
use crate::problem::{ApiError, ApiKeyError, ControlError, TenancyError};
use crate::rights::{Access, Reach, Right, access_to};

/// What a request says of who sends it, and what it asks for.
pub struct SignInRequest {
    credentials: Credentials,
    access: Access,
    /// What stands in the path for the tenant the caller acts in.
    tenant: Option<String>,
    /// Where it comes from.
    address: Option<IpAddr>,
}

/// A caller who proved to be somebody. Nothing is known yet of what they are in the tenant.
pub struct Identified {
    principal: Principal,
    /// What a program presented.
    key: Option<PresentedKey>,
    access: Access,
}

/// Someone who may do what they ask.
pub struct SignedIn {
    identified: Identified,
    role: Role,
}

impl SignInRequest {
    /// What this request says.
    ///
    /// # Errors
    /// Its operation is missing from the table of rights.
    pub fn of(request: &HttpRequest, api: &Api) -> Result<Self, ApiError> {
        let headers = request.headers();
        let credentials = Credentials::from_headers(
            |name| headers.get_all(name).map(|value| value.as_bytes()),
            api.authenticator.session_cookie_name(),
        );
        let access = access(request)?;
        let tenant = matches!(access, Access::RightInPath(_))
            .then(|| request.match_info().query("tenant_id").to_owned());
        Ok(Self {
            credentials,
            access,
            tenant,
            address: client_address(request),
        })
    }

    /// Finds out who sends it.
    ///
    /// # Errors
    /// The credentials prove nothing, the path names a tenant by what is no id, or whoever has to be asked cannot be
    /// reached.
    pub async fn identify(&self, api: &Api) -> Result<Identified, ApiError> {
        if let Some(text) = self.credentials.api_key() {
            // Boxed: few callers need it, and what a request carries about is copied again and again.
            let (principal, key) =
                Box::pin(present_key(api, &self.credentials, text, self.address)).await?;
            // A key never leaves its tenant.
            let tenant = self.tenant_of_path()?;
            if tenant.is_some_and(|tenant| tenant != principal.tenant) {
                return Err(ControlError::TenantNotFound.into());
            }
            return Ok(Identified {
                principal,
                key: Some(key),
                access: self.access,
            });
        }
        let principal = api.authenticator.authenticate(&self.credentials).await?;
        Ok(Identified {
            principal: match self.tenant_of_path()? {
                Some(tenant) => principal.in_tenant(tenant),
                None => principal,
            },
            key: None,
            access: self.access,
        })
    }

    /// The tenant that the path names; asked once the caller is known, for a stranger learns nothing of what is wrong.
    fn tenant_of_path(&self) -> Result<Option<TenantId>, ApiError> {
        let tenant = self.tenant.as_deref().map(str::parse);
        tenant.transpose().map_err(|_| ApiError::BadId)
    }

    /// Whether whoever sent it would be let in now: the credentials still valid, still a member with the right, neither
    /// the account nor the tenant deleted.
    ///
    /// # Errors
    /// They would not, or whoever has to be asked cannot be reached.
    pub async fn check(&self, api: &Api) -> Result<(), ApiError> {
        let identified = self.identify(api).await?;
        let role = identified.role(api).await?;
        let signed_in = identified.permitted(api, role)?;
        api.sign_ins
            .remember(&api.store, signed_in.principal())
            .await
    }
}

impl Identified {
    /// The person, or for a program the person who made its key.
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What they are in the tenant they act for.
    ///
    /// # Errors
    /// They do not belong there, or Postgres cannot be reached.
    pub async fn role(&self, api: &Api) -> Result<Role, ApiError> {
        let principal = &self.principal;
        if let Standing::Proven(role) = principal.standing {
            return Ok(role);
        }
        let tenant = api.store.tenant(principal.tenant);
        let vouched_role = match &self.key {
            Some(key) => key.vouched_role,
            None if principal.standing == Standing::Believed => Some(Role::Member),
            None => None,
        };
        match (tenant.standing_of(principal.user).await?, vouched_role) {
            (TenantStanding::Member(role), _) | (TenantStanding::NotMadeHere, Some(role)) => {
                Ok(role)
            }
            (TenantStanding::Stranger | TenantStanding::NotMadeHere, _) => Err(self.stranger()),
        }
    }

    /// With that role, they may do what they ask.
    ///
    /// # Errors
    /// They may not.
    pub fn permitted(self, api: &Api, role: Role) -> Result<SignedIn, ApiError> {
        let signed_in = SignedIn {
            identified: self,
            role,
        };
        signed_in.permit(api)?;
        Ok(signed_in)
    }

    fn stranger(&self) -> ApiError {
        match self.access {
            _ if self.key.is_some() => ApiKeyError::MakerLeft.into(),
            Access::RightInPath(_) => ControlError::TenantNotFound.into(),
            _ => TenancyError::NotAMember.into(),
        }
    }
}

impl SignedIn {
    /// How far a right reaches for them.
    pub fn reach(&self, right: Right) -> Reach {
        match self.key() {
            Some(key) if !key.grant.scopes.contains(&right) => Reach::Nothing,
            _ => right.reach(self.role),
        }
    }

    /// Who they are.
    pub const fn principal(&self) -> &Principal {
        &self.identified.principal
    }

    /// The API key that a program presented.
    pub const fn key(&self) -> Option<&PresentedKey> {
        self.identified.key.as_ref()
    }

    /// What they are in the tenant they act for.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// What they ask for.
    pub const fn access(&self) -> Access {
        self.identified.access
    }

    /// Whether they ask for what a plain member may not see, or not all of it.
    pub fn asks_as_admin(&self) -> bool {
        match self.access() {
            Access::Operator => true,
            Access::Right(right) | Access::RightInPath(right) => {
                right.reach(Role::Member) != Reach::All && self.reach(right) == Reach::All
            }
            Access::Anyone | Access::AnyCaller | Access::SignedIn => false,
        }
    }

    fn permit(&self, api: &Api) -> Result<(), ApiError> {
        let is_program = self.key().is_some();
        match self.access() {
            Access::Anyone | Access::AnyCaller => Ok(()),
            Access::SignedIn | Access::Operator if is_program => {
                Err(ApiKeyError::PeopleOnly.into())
            }
            Access::SignedIn => Ok(()),
            Access::Right(right) | Access::RightInPath(right) => {
                self.permit_right(right, is_program)
            }
            Access::Operator if api.authenticator.is_operator(self.principal()) => Ok(()),
            Access::Operator => Err(ControlError::NotAnOperator.into()),
        }
    }

    fn permit_right(&self, right: Right, is_program: bool) -> Result<(), ApiError> {
        let role = self.role;
        if self.reach(right) != Reach::Nothing {
            Ok(())
        } else if is_program && right.is_for_people_only() {
            Err(ApiKeyError::PeopleOnly.into())
        } else if right.reach(role) == Reach::Nothing {
            Err(TenancyError::MissingRight { right, role }.into())
        } else {
            Err(ApiKeyError::MissingScope(right).into())
        }
    }
}

/// What the table of rights says of the request's operation.
fn access(request: &HttpRequest) -> Result<Access, ApiError> {
    let pattern = request.match_pattern().unwrap_or_default();
    access_to(request.method().as_str(), &pattern).ok_or_else(|| {
        ApiError::internal(format!(
            "{} {pattern} is missing from the table of rights",
            request.method()
        ))
    })
}
