//! How long a tenant's finished jobs are kept, as operators read and set it.

use gantry_domain::{InvalidRetention, RETENTION_LIMIT_DAYS, RetentionPeriods, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Api;
use crate::extractors::Caller;
use crate::faults::{Faults, Path};
use crate::object_reader::{ObjectReader, count_up_to};
use crate::problem::{ApiError, ControlError};

/// Periods in days from the end of a job. Other fields are refused.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionDays {
    /// How long finished jobs are kept.
    #[schema(minimum = 1, maximum = 3_650)]
    jobs_days: u32,
    /// How long their results are kept; not longer than the jobs.
    #[schema(minimum = 1, maximum = 3_650)]
    results_days: u32,
    /// How long their logs are kept; not longer than the jobs.
    #[schema(minimum = 1, maximum = 3_650)]
    logs_days: u32,
}

/// How long a tenant's finished jobs are kept.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RetentionView {
    tenant_id: TenantId,
    /// The tenant's own periods; absent when those of the installation hold.
    own: Option<RetentionDays>,
}

impl From<RetentionPeriods> for RetentionDays {
    fn from(periods: RetentionPeriods) -> Self {
        Self {
            jobs_days: periods.jobs_days(),
            results_days: periods.results_days(),
            logs_days: periods.logs_days(),
        }
    }
}

/// The tenant's periods.
///
/// # Errors
/// Nobody has signed in for such a tenant, or Postgres cannot be reached.
pub async fn find(api: &Api, tenant_id: TenantId) -> Result<RetentionView, ApiError> {
    refuse_unknown(api, tenant_id).await?;
    let own = api.store.tenant(tenant_id).find_retention().await?;
    Ok(RetentionView {
        tenant_id,
        own: own.map(RetentionDays::from),
    })
}

/// Gives the tenant the periods that the body names.
///
/// # Errors
/// The body has faults, nobody has signed in for such a tenant, or Postgres cannot be reached.
pub async fn set(
    api: &Api,
    operator: &Caller,
    tenant_id: TenantId,
    body: Value,
) -> Result<RetentionView, ApiError> {
    let periods = read(body)?;
    refuse_unknown(api, tenant_id).await?;
    operator
        .scope_of(api, tenant_id)
        .set_retention(periods)
        .await?;
    tracing::info!(%tenant_id, ?periods, "retention periods were set");
    Ok(RetentionView {
        tenant_id,
        own: Some(periods.into()),
    })
}

/// Lets the periods of the installation hold again.
///
/// # Errors
/// Nobody has signed in for such a tenant, or Postgres cannot be reached.
pub async fn clear(api: &Api, operator: &Caller, tenant_id: TenantId) -> Result<(), ApiError> {
    refuse_unknown(api, tenant_id).await?;
    operator.scope_of(api, tenant_id).clear_retention().await?;
    tracing::info!(%tenant_id, "retention periods of its own were removed");
    Ok(())
}

async fn refuse_unknown(api: &Api, tenant_id: TenantId) -> Result<(), ApiError> {
    if api.store.tenant(tenant_id).is_known().await? {
        return Ok(());
    }
    Err(ControlError::TenantNotFound.into())
}

fn read(body: Value) -> Result<RetentionPeriods, ApiError> {
    let mut faults = Faults::default();
    let periods = read_fields(body, &mut faults);
    faults.into_result()?;
    periods.ok_or_else(|| ApiError::internal("a body without faults was not understood"))
}

fn read_fields(body: Value, faults: &mut Faults) -> Option<RetentionPeriods> {
    let mut fields = ObjectReader::open(body, Path::root(), faults)?;
    let mut days = |name| fields.required(name, count_up_to(RETENTION_LIMIT_DAYS));
    let (jobs, results, logs) = (days("jobs_days"), days("results_days"), days("logs_days"));
    fields.refuse_the_rest();
    match RetentionPeriods::new(jobs?, results?, logs?) {
        Ok(periods) => Some(periods),
        Err(fault @ (InvalidRetention::LongerThanJobs | InvalidRetention::OutOfRange)) => {
            faults.add(Path::root().field("jobs_days"), fault.to_string());
            None
        }
    }
}
