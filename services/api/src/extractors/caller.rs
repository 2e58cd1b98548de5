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
use crate::client_address::client_address;
use crate::middleware::RequestId;
use crate::problem::{ApiError, ControlError, TenancyError};
use crate::request_rates::count_request;
use crate::rights::{Access, Reach, Right, access_to};

/// Who sent the request, with the right that the table of rights asks for. A handler that takes this answers nobody else;
/// the rest of the request is read after it.
pub struct Caller {
    principal: Principal,
    role: Role,
    origin: AuditOrigin,
}

impl Deref for Caller {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl Caller {
    /// What the caller is in the tenant they act for.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// How far a right reaches for the caller.
    pub const fn reach(&self, right: Right) -> Reach {
        right.reach(self.role)
    }

    /// Everything of the tenant the caller acts for; what is audited is done by the caller.
    pub fn scope<'a>(&'a self, api: &'a Api) -> TenantScope<'a> {
        self.scope_of(api, self.principal.tenant)
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
            let sign_in = sign_in(&api, &request, &credentials, access).await;
            count_request(&api, &request, sign_in.as_ref().map(|(person, _)| person)).await?;
            let (principal, role) = sign_in?;
            let span = Span::current();
            span.record(fields::TENANT_ID, principal.tenant.to_string());
            span.record(fields::USER_ID, principal.user.to_string());
            permit(&api, &principal, role, access)?;
            api.sign_ins.remember(&api.store, &principal).await?;
            Ok(Self {
                origin: origin(&principal, &request),
                principal,
                role,
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
) -> Result<(Principal, Role), ApiError> {
    let principal = api.authenticator.authenticate(credentials).await?;
    let principal = in_tenant_of_path(principal, access, request)?;
    let role = role(api, &principal, access).await?;
    Ok((principal, role))
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

/// Where the path names the tenant, the caller acts in that one.
fn in_tenant_of_path(
    principal: Principal,
    access: Access,
    request: &HttpRequest,
) -> Result<Principal, ApiError> {
    if !matches!(access, Access::RightInPath(_)) {
        return Ok(principal);
    }
    let id = request.match_info().query("tenant_id");
    let tenant: TenantId = id.parse().map_err(|_| ApiError::BadId)?;
    Ok(principal.in_tenant(tenant))
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

fn permit(api: &Api, principal: &Principal, role: Role, access: Access) -> Result<(), ApiError> {
    match access {
        Access::Anyone | Access::SignedIn => Ok(()),
        Access::Right(right) | Access::RightInPath(right) => {
            if right.reach(role) == Reach::Nothing {
                return Err(TenancyError::MissingRight { right, role }.into());
            }
            Ok(())
        }
        Access::Operator if api.authenticator.is_operator(principal) => Ok(()),
        Access::Operator => Err(ControlError::NotAnOperator.into()),
    }
}

fn origin(principal: &Principal, request: &HttpRequest) -> AuditOrigin {
    AuditOrigin {
        actor_kind: ActorKind::Person,
        actor_id: Some(principal.user.to_string()),
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
