//! Writes down what owners, admins and operators read of others.

use actix_web::HttpRequest;
use gantry_domain::{AuditOrigin, TenantId};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::api::Api;
use crate::problem::ApiError;
use crate::rights::Access;
use crate::sign_in::SignedIn;

/// Writes the read down before it is answered, if it is one that only owners, admins and operators may ask for.
///
/// # Errors
/// It cannot be written down, and so must not be answered.
pub async fn write_down_admin_read(
    api: &Api,
    request: &HttpRequest,
    signed_in: &SignedIn,
    origin: &AuditOrigin,
) -> Result<(), ApiError> {
    if !request.method().is_safe() || !signed_in.asks_as_admin() {
        return Ok(());
    }
    let operation = request.match_pattern().unwrap_or_default();
    let resources = resources_of(request);
    if signed_in.access() == Access::Operator {
        let tenant_id = request.match_info().get("tenant_id");
        let tenant_id = tenant_id.and_then(|id| id.parse::<TenantId>().ok());
        let operator = api.store.operator().on_behalf_of(origin);
        operator
            .write_down_read(tenant_id, &operation, resources)
            .await?;
    } else {
        let tenant = api.store.tenant(signed_in.principal().tenant);
        let tenant = tenant.on_behalf_of(origin);
        tenant.write_down_read(&operation, resources).await?;
    }
    Ok(())
}

/// What the path names, by the name of its place; what is no id names nothing.
fn resources_of(request: &HttpRequest) -> Value {
    let named = request.match_info().iter().filter_map(|(place, text)| {
        let id = text.parse::<Uuid>().ok()?;
        Some((place.to_owned(), Value::from(id.to_string())))
    });
    Value::Object(named.collect::<Map<_, _>>())
}
