//! The person or program that sent the request: signed in, in the tenant they act for, with the right to ask for it.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::{FutureExt, LocalBoxFuture};
use gantry_auth::{Credentials, Principal, Standing};
use gantry_domain::{ActorKind, AuditOrigin, Role, TenantId};
use gantry_store::{OperatorScope, TenantScope, TenantStanding};
use gantry_telemetry::fields;
use tracing::Span;

use crate::api::Api;
use crate::api_keys::{KeyGrant, sign_in_with_key};
use crate::client_address::client_address;
use crate::middleware::RequestId;
use crate::problem::{ApiError, ApiKeyError, ControlError, TenancyError};
use crate::request_rates::count_request;
use crate::rights::{Access, Reach, Right, access_to};

/// Who sent the request, with the right that the table of rights asks for. A handler that takes this answers nobody else;
/// the rest of the request is read after it.
pub struct Caller {
    signed_in: SignedIn,
    origin: AuditOrigin,
}

/// Who proved to be whom.
struct SignedIn {
    principal: Principal,
    role: Role,
    /// What a program's key allows; none for a person.
    key: Option<KeyGrant>,
}

impl Deref for Caller {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.signed_in.principal
    }
}

impl Caller {
    /// How the audit log names what the caller does.
    pub const fn origin(&self) -> &AuditOrigin {
        &self.origin
    }

    /// What the caller is in the tenant they act for.
    pub const fn role(&self) -> Role {
        self.signed_in.role
    }

    /// How far a right reaches for the caller.
    pub fn reach(&self, right: Right) -> Reach {
        self.signed_in.reach(right)
    }

    /// Everything of the tenant the caller acts for; what is audited is done by the caller.
    pub fn scope<'a>(&'a self, api: &'a Api) -> TenantScope<'a> {
        self.scope_of(api, self.tenant)
    }

    /// Everything of a tenant that an operator looks after; what is audited is done by the caller.
    pub fn scope_of<'a>(&'a self, api: &'a Api, tenant: TenantId) -> TenantScope<'a> {
        api.store.tenant(tenant).on_behalf_of(&self.origin)
    }

    /// What operators do for all tenants; what is audited is done by the caller.
    pub fn operator_scope<'a>(&'a self, api: &'a Api) -> OperatorScope<'a> {
        api.store.operator().on_behalf_of(&self.origin)
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(api) = request.app_data::<Data<Api>>().cloned() else {
            let missing = ApiError::internal("the application has no shared state");
            return std::future::ready(Err(missing)).boxed_local();
        };
        let credentials = credentials(request, api.authenticator.session_cookie_name());
        let request = request.clone();
        async move {
            let access = access(&request)?;
            let signed_in = sign_in(&api, &request, &credentials, access).await;
            let known = signed_in.as_ref().map(|signed_in| &signed_in.principal);
            count_request(&api, &request, known).await?;
            let signed_in = signed_in?;
            let principal = &signed_in.principal;
            let span = Span::current();
            span.record(fields::TENANT_ID, principal.tenant.to_string());
            span.record(fields::USER_ID, principal.user.to_string());
            permit(&api, &signed_in, access)?;
            api.sign_ins.remember(&api.store, principal).await?;
            Ok(Self {
                origin: origin(&signed_in, &request),
                signed_in,
            })
        }
        .boxed_local()
    }
}

/// Who sends these credentials, in the tenant they act for, and what they are in it.
async fn sign_in(
    api: &Api,
    request: &HttpRequest,
    credentials: &Credentials,
    access: Access,
) -> Result<SignedIn, ApiError> {
    if let Some(text) = credentials.api_key() {
        // Boxed: few callers need it, and what a request carries about is copied again and again.
        let signing_in = Box::pin(sign_in_with_key(api, credentials, text));
        let (principal, role, key) = signing_in.await?;
        // A key never leaves its tenant.
        if tenant_of_path(access, request)?.is_some_and(|tenant| tenant != principal.tenant) {
            return Err(ControlError::TenantNotFound.into());
        }
        return Ok(SignedIn {
            principal,
            role,
            key: Some(key),
        });
    }
    let principal = api.authenticator.authenticate(credentials).await?;
    let principal = match tenant_of_path(access, request)? {
        Some(tenant) => principal.in_tenant(tenant),
        None => principal,
    };
    let role = role(api, &principal, access).await?;
    Ok(SignedIn {
        principal,
        role,
        key: None,
    })
}

impl SignedIn {
    fn reach(&self, right: Right) -> Reach {
        match &self.key {
            Some(key) if !key.scopes.contains(&right) => Reach::Nothing,
            _ => right.reach(self.role),
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

/// The tenant the path names, where the caller acts in that one.
fn tenant_of_path(access: Access, request: &HttpRequest) -> Result<Option<TenantId>, ApiError> {
    if !matches!(access, Access::RightInPath(_)) {
        return Ok(None);
    }
    let id = request.match_info().query("tenant_id");
    id.parse().map(Some).map_err(|_| ApiError::BadId)
}

/// What the caller is in the tenant they act for.
async fn role(api: &Api, principal: &Principal, access: Access) -> Result<Role, ApiError> {
    if let Standing::Proven(role) = principal.standing {
        return Ok(role);
    }
    let standing = api
        .store
        .tenant(principal.tenant)
        .standing_of(principal.user)
        .await?;
    match (standing, principal.standing) {
        (TenantStanding::Member(role), _) => Ok(role),
        (TenantStanding::NotMadeHere, Standing::Believed) => Ok(Role::Member),
        (TenantStanding::Stranger | TenantStanding::NotMadeHere, _) => Err(match access {
            Access::RightInPath(_) => ControlError::TenantNotFound.into(),
            _ => TenancyError::NotAMember.into(),
        }),
    }
}

fn permit(api: &Api, signed_in: &SignedIn, access: Access) -> Result<(), ApiError> {
    let is_program = signed_in.key.is_some();
    match access {
        Access::Anyone | Access::AnyCaller => Ok(()),
        Access::SignedIn | Access::Operator if is_program => Err(ApiKeyError::PeopleOnly.into()),
        Access::SignedIn => Ok(()),
        Access::Right(right) | Access::RightInPath(right) => {
            permit_right(signed_in, right, is_program)
        }
        Access::Operator if api.authenticator.is_operator(&signed_in.principal) => Ok(()),
        Access::Operator => Err(ControlError::NotAnOperator.into()),
    }
}

fn permit_right(signed_in: &SignedIn, right: Right, is_program: bool) -> Result<(), ApiError> {
    let role = signed_in.role;
    if signed_in.reach(right) != Reach::Nothing {
        Ok(())
    } else if is_program && right.is_for_people_only() {
        Err(ApiKeyError::PeopleOnly.into())
    } else if right.reach(role) == Reach::Nothing {
        Err(TenancyError::MissingRight { right, role }.into())
    } else {
        Err(ApiKeyError::MissingScope(right).into())
    }
}

fn origin(signed_in: &SignedIn, request: &HttpRequest) -> AuditOrigin {
    let (actor_kind, actor_id) = match &signed_in.key {
        Some(key) => (ActorKind::ApiKey, key.id.to_string()),
        None => (ActorKind::Person, signed_in.principal.user.to_string()),
    };
    AuditOrigin {
        actor_id: Some(actor_id),
        ..origin_of(request, actor_kind)
    }
}

/// Where a request comes from, for an actor that is yet to be named.
pub fn origin_of(request: &HttpRequest, actor_kind: ActorKind) -> AuditOrigin {
    AuditOrigin {
        actor_kind,
        actor_id: None,
        source_address: client_address(request),
        request_id: request
            .extensions()
            .get::<RequestId>()
            .map(|id| id.0.clone()),
    }
}

fn credentials(request: &HttpRequest, session_cookie_name: Option<&str>) -> Credentials {
    let headers = request.headers();
    Credentials::from_headers(
        |name| headers.get_all(name).map(|value| value.as_bytes()),
        session_cookie_name,
    )
}
