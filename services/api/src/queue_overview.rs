//! How queues are doing, as far as the caller may know.

use std::time::Duration;

use gantry_auth::Principal;
use gantry_domain::{Pause, QueueName, QueueStatus};
use tokio::time::timeout;

use crate::api::Api;
use crate::problem::ApiError;

/// How long Redis may take to tell the rates before they are left out.
const RATES_TIMEOUT: Duration = Duration::from_secs(1);

/// All queues, or the one of that name: with the jobs of all tenants, rates and persons for operators, and with those of
/// the caller's tenant alone for others.
///
/// # Errors
/// Postgres cannot be reached.
pub async fn queues(
    api: &Api,
    caller: &Principal,
    only: Option<&QueueName>,
) -> Result<Vec<QueueStatus>, ApiError> {
    if api.authenticator.is_operator(caller) {
        let mut queues = api.store.operator().queues(only).await?;
        add_rates(api, &mut queues).await;
        return Ok(queues);
    }
    let queues = api.store.tenant(caller.tenant).queues(only).await?;
    Ok(queues.into_iter().map(without_person).collect())
}

/// With Redis away the rest is told without rates.
async fn add_rates(api: &Api, queues: &mut [QueueStatus]) {
    let names: Vec<_> = queues.iter().map(|queue| queue.name.clone()).collect();
    match timeout(RATES_TIMEOUT, api.queue.rates(&names)).await {
        Ok(Ok(rates)) => {
            for (queue, rates) in queues.iter_mut().zip(rates) {
                queue.rates = Some(rates);
            }
        }
        Ok(Err(error)) => tracing::debug!(%error, "the rates of queues are not known"),
        Err(_) => tracing::debug!("the rates of queues are not known in time"),
    }
}

fn without_person(queue: QueueStatus) -> QueueStatus {
    QueueStatus {
        paused: queue.paused.map(Pause::without_person),
        ..queue
    }
}
