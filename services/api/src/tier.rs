//! A tenant's tier and its rate of requests, as operators read and set them.

use gantry_domain::{AgreedRate, REQUEST_RATE_LIMIT_PER_HOUR, RequestRate, TenantId, Tier};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Api;
use crate::extractors::Caller;
use crate::faults::{Faults, Path};
use crate::object_reader::{ObjectReader, count_up_to, word};
use crate::problem::{ApiError, ControlError};

/// A tier for a tenant. Other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is read by hand")]
pub struct TierRequest {
    /// The tier.
    tier: Tier,
    /// Requests per hour in place of the tier's, for the tenant and for each person in it.
    #[schema(minimum = 1, maximum = 10_000_000)]
    requests_per_hour: Option<u32>,
}

/// A tenant's tier.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TierView {
    tenant_id: TenantId,
    /// The tier.
    tier: Tier,
    /// Requests per hour in place of the tier's; null when the tier's holds.
    requests_per_hour: Option<u32>,
}

impl TierView {
    fn new(tenant_id: TenantId, agreed: AgreedRate) -> Self {
        Self {
            tenant_id,
            tier: agreed.tier,
            requests_per_hour: agreed.own_rate.map(RequestRate::requests_per_hour),
        }
    }
}

/// The tenant's tier.
///
/// # Errors
/// Nobody has signed in for such a tenant, or Postgres cannot be reached.
pub async fn find(api: &Api, tenant_id: TenantId) -> Result<TierView, ApiError> {
    let agreed = api.store.tenant(tenant_id).find_agreed_rate().await?;
    agreed
        .map(|agreed| TierView::new(tenant_id, agreed))
        .ok_or_else(|| ControlError::TenantNotFound.into())
}

/// Gives the tenant the tier and the rate that the body names.
///
/// # Errors
/// The body has faults, nobody has signed in for such a tenant, or Postgres cannot be reached.
pub async fn set(
    api: &Api,
    operator: &Caller,
    tenant_id: TenantId,
    body: Value,
) -> Result<TierView, ApiError> {
    let wished = read(body)?;
    let scope = operator.operator_scope(api);
    let Some(agreed) = scope.set_agreed_rate(tenant_id, wished).await? else {
        return Err(ControlError::TenantNotFound.into());
    };
    if let Some(rates) = &api.request_rates {
        rates.forget(tenant_id);
    }
    tracing::info!(%tenant_id, tier = %agreed.tier, "a tenant's tier was set");
    Ok(TierView::new(tenant_id, agreed))
}

fn read(body: Value) -> Result<AgreedRate, ApiError> {
    let mut faults = Faults::default();
    let read = read_fields(body, &mut faults);
    faults.into_result()?;
    read.ok_or_else(|| ApiError::internal("a body without faults was not understood"))
}

fn read_fields(body: Value, faults: &mut Faults) -> Option<AgreedRate> {
    let mut fields = ObjectReader::open(body, Path::root(), faults)?;
    let tier = fields.required("tier", word);
    let rate = count_up_to(REQUEST_RATE_LIMIT_PER_HOUR);
    let own_rate = fields.optional("requests_per_hour", rate);
    fields.refuse_the_rest();
    Some(AgreedRate {
        tier: tier?,
        own_rate: own_rate.and_then(RequestRate::per_hour),
    })
}
