//! How many requests an hour are answered.

use clap::Args;

use crate::environment::AppEnvironment;
use crate::value::{Switch, whole_number};

/// The highest rate, in requests per hour.
const MOST_PER_HOUR: u32 = 10_000_000;

/// Rates of requests, each for a person and for a tenant as a whole.
#[derive(Debug, Clone, Args)]
pub struct RateLimitSettings {
    /// Whether requests are counted and refused beyond the rates; on in production and off elsewhere when unset
    #[arg(
        id = "rate-limits",
        long,
        env = "GANTRY_RATE_LIMITS",
        value_name = "SWITCH",
        value_enum
    )]
    switch: Option<Switch>,

    /// Requests an hour in the tier free
    #[arg(
        id = "rate-limit-free-per-hour", long, env = "GANTRY_RATE_LIMIT_FREE_PER_HOUR", value_name = "NUMBER",
        default_value = "100", value_parser = whole_number(1..=MOST_PER_HOUR)
    )]
    pub free_per_hour: u32,

    /// Requests an hour in the tier pro
    #[arg(
        id = "rate-limit-pro-per-hour", long, env = "GANTRY_RATE_LIMIT_PRO_PER_HOUR", value_name = "NUMBER",
        default_value = "1000", value_parser = whole_number(1..=MOST_PER_HOUR)
    )]
    pub pro_per_hour: u32,

    /// Requests an hour in the tier enterprise
    #[arg(
        id = "rate-limit-enterprise-per-hour", long, env = "GANTRY_RATE_LIMIT_ENTERPRISE_PER_HOUR",
        value_name = "NUMBER", default_value = "5000", value_parser = whole_number(1..=MOST_PER_HOUR)
    )]
    pub enterprise_per_hour: u32,

    /// Requests an hour without valid credentials from one address, or one IPv6 network of 64 bits
    #[arg(
        id = "rate-limit-anonymous-per-hour", long, env = "GANTRY_RATE_LIMIT_ANONYMOUS_PER_HOUR",
        value_name = "NUMBER", default_value = "100", value_parser = whole_number(1..=MOST_PER_HOUR)
    )]
    pub anonymous_per_hour: u32,
}

impl RateLimitSettings {
    /// Whether requests are counted in such an installation.
    pub fn are_on(&self, environment: AppEnvironment) -> bool {
        self.switch
            .map_or(environment.is_production(), Switch::is_on)
    }
}
