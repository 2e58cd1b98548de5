//! The person or program that sent the request: signed in, in the tenant they act for, with the right to ask for it.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::{FutureExt, LocalBoxFuture};
use gantry_auth::Principal;
use gantry_domain::{ActorKind, AuditOrigin, Role, TenantId};
use gantry_store::{OperatorScope, TenantScope};
use gantry_telemetry::fields;
use tracing::Span;

use crate::admin_reads::write_down_admin_read;
use crate::api::Api;
use crate::client_address::client_address;
use crate::middleware::RequestId;
use crate::problem::ApiError;
use crate::request_rates::{count_request, refuse_again};
use crate::rights::{Reach, Right};
use crate::sign_in::{SignInRequest, SignedIn};

/// Who sent the request, with the right that the table of rights asks for. A handler that takes this answers nobody else;
/// the rest of the request is read after it.
pub struct Caller {
    signed_in: SignedIn,
    origin: AuditOrigin,
}

impl Deref for Caller {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        self.signed_in.principal()
    }
}

impl Caller {
    /// How the audit log names what the caller does.
    pub const fn origin(&self) -> &AuditOrigin {
        &self.origin
    }

    /// What the caller is in the tenant they act for.
    pub const fn role(&self) -> Role {
        self.signed_in.role()
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
        let request = request.clone();
        async move {
            let signed_in = sign_in(&api, &request).await?;
            let principal = signed_in.principal();
            let span = Span::current();
            span.record(fields::TENANT_ID, principal.tenant.to_string());
            span.record(fields::USER_ID, principal.user.to_string());
            api.sign_ins.remember(&api.store, principal).await?;
            let origin = origin(&signed_in, &request);
            Box::pin(write_down_admin_read(&api, &request, &signed_in, &origin)).await?;
            Ok(Self { signed_in, origin })
        }
        .boxed_local()
    }
}

/// Who sends these credentials, in the tenant they act for, if they may do what they ask and not too often.
///
/// A tenant's requests are counted once the caller is known to belong there: a stranger must not use up its rate.
async fn sign_in(api: &Api, request: &HttpRequest) -> Result<SignedIn, ApiError> {
    let asking = SignInRequest::of(request, api)?;
    let found = match asking.identify(api).await {
        Ok(identified) => {
            refuse_again(api, request, identified.principal())?;
            let role = identified.role(api).await;
            role.map(|role| (identified, role))
        }
        Err(refusal) => Err(refusal),
    };
    let principal = found.as_ref().map(|(identified, _)| identified.principal());
    count_request(api, request, principal).await?;
    let (identified, role) = found?;
    identified.permitted(api, role)
}

fn origin(signed_in: &SignedIn, request: &HttpRequest) -> AuditOrigin {
    let (actor_kind, actor_id) = match signed_in.key() {
        Some(key) => (ActorKind::ApiKey, key.grant.id.to_string()),
        None => (ActorKind::Person, signed_in.principal().user.to_string()),
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
