//! A tenant's tier and its own rate of requests, read from its row.

use gantry_domain::{AgreedRate, RequestRate};
use sea_orm::QueryResult;

use crate::StoreError;
use crate::statement::{column, count, word};

pub(crate) const AGREED_RATE_COLUMNS: &str = "tier, requests_per_hour";

pub(crate) fn agreed_rate(row: &QueryResult) -> Result<AgreedRate, StoreError> {
    let own: Option<i32> = column(row, "requests_per_hour")?;
    let own = own
        .map(|number| count("requests_per_hour", number))
        .transpose()?;
    Ok(AgreedRate {
        tier: word(row, "tier")?,
        own_rate: own.and_then(RequestRate::per_hour),
    })
}
