//! How many requests of a person, a tenant or an address are answered.

mod agreed_rates;
mod headers;
mod lately_refused;

pub use headers::{RATE_LIMIT_HEADERS, tell_rate_limit};

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest, ResponseError};
use gantry_auth::Principal;
use gantry_domain::{RequestBudget, RequestRate, TenantId, Tier};
use gantry_queue::{Queue, RateBucket, RateLimiter, RateSubject, Verdict};
use gantry_settings::RateLimitSettings;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use self::agreed_rates::AgreedRates;
use self::headers::RateLimitState;
use self::lately_refused::{LatelyRefused, Refusal};
use crate::api::Api;
use crate::client_address::client_address;
use crate::problem::{ApiError, RateLimited};

/// How long whoever comes from an address that was refused lately waits for their turn.
const LINE_PATIENCE: Duration = Duration::from_secs(2);
/// How many bits of an IPv6 address name the network of one client.
const IPV6_NETWORK_BITS: u32 = 64;

/// Counts requests and refuses those beyond the rates.
pub struct RequestRates {
    limiter: RateLimiter,
    free: RequestRate,
    pro: RequestRate,
    enterprise: RequestRate,
    anonymous: RequestRate,
    agreed: AgreedRates,
    lately_refused: LatelyRefused,
    /// One place for all who come from an address that was refused lately.
    line: Semaphore,
}

impl RequestRates {
    /// The rates of the settings, counted in this Redis; none when a rate is out of range.
    pub fn new(settings: &RateLimitSettings, queue: &Queue) -> Option<Self> {
        Some(Self {
            limiter: RateLimiter::new(queue),
            free: RequestRate::per_hour(settings.free_per_hour)?,
            pro: RequestRate::per_hour(settings.pro_per_hour)?,
            enterprise: RequestRate::per_hour(settings.enterprise_per_hour)?,
            anonymous: RequestRate::per_hour(settings.anonymous_per_hour)?,
            agreed: AgreedRates::default(),
            lately_refused: LatelyRefused::default(),
            line: Semaphore::new(1),
        })
    }

    /// Asks Postgres anew, with the next request, what was agreed upon with the tenant.
    pub fn forget(&self, tenant_id: TenantId) {
        self.agreed.forget(tenant_id);
        self.lately_refused.forget(tenant_id);
    }

    /// The rate of a tier.
    pub const fn rate_of(&self, tier: Tier) -> RequestRate {
        match tier {
            Tier::Free => self.free,
            Tier::Pro => self.pro,
            Tier::Enterprise => self.enterprise,
        }
    }

    async fn buckets_of(
        &self,
        api: &Api,
        principal: &Principal,
    ) -> Result<Vec<RateBucket>, ApiError> {
        let agreed = self.agreed.of(&api.store, principal.tenant).await?;
        let rate = agreed.own_rate.unwrap_or(self.rate_of(agreed.tier));
        let subjects = [
            RateSubject::Person(principal.user),
            RateSubject::Tenant(principal.tenant),
        ];
        Ok(subjects
            .map(|subject| RateBucket { subject, rate })
            .to_vec())
    }

    fn bucket_of_address(&self, request: &HttpRequest) -> RateBucket {
        RateBucket {
            subject: RateSubject::Address(network_of(client_address(request))),
            rate: self.anonymous,
        }
    }
}

/// Refuses whoever was refused lately and has no room yet, before anything is asked about them.
///
/// # Errors
/// It is too early to ask again.
pub fn refuse_again(
    api: &Api,
    request: &HttpRequest,
    principal: &Principal,
) -> Result<(), ApiError> {
    let rates = api.request_rates.as_ref();
    let Some(refusal) = rates.and_then(|rates| rates.lately_refused.find(principal)) else {
        return Ok(());
    };
    request.extensions_mut().insert(refusal.state);
    Err(refusal.answer.into())
}

/// To be held while Postgres is asked what a secret that nobody knows yet is worth. Those who come from an address that
/// was refused lately are asked about one after the other, so that guessing keeps nobody else from the database.
///
/// # Errors
/// The line does not move on.
pub async fn line_up(
    api: &Api,
    address: Option<IpAddr>,
) -> Result<Option<SemaphorePermit<'_>>, ApiError> {
    let Some(rates) = &api.request_rates else {
        return Ok(None);
    };
    if !rates.lately_refused.is_refused(network_of(address)) {
        return Ok(None);
    }
    let turn = timeout(LINE_PATIENCE, rates.line.acquire()).await;
    turn.map_or(Err(ApiError::Overloaded), |turn| Ok(turn.ok()))
}

/// Counts a request, for the person and the tenant it was found to come from, or for its address when its credentials
/// were refused; only the latter can be told of by whoever guesses credentials.
///
/// # Errors
/// It is one too many, or Postgres cannot tell what was agreed upon with the tenant.
pub async fn count_request(
    api: &Api,
    request: &HttpRequest,
    sign_in: Result<&Principal, &ApiError>,
) -> Result<(), ApiError> {
    let Some(rates) = &api.request_rates else {
        return Ok(());
    };
    let buckets = match sign_in {
        Ok(principal) => rates.buckets_of(api, principal).await?,
        Err(refusal) if refusal.status_code().is_client_error() => {
            vec![rates.bucket_of_address(request)]
        }
        // Sign-in could not be decided on, which is not the caller's doing.
        Err(_) => return Ok(()),
    };
    let verdict = rates.limiter.take(&buckets).await;
    let Some((bucket, budget)) = tightest(&buckets, &verdict) else {
        return Ok(());
    };
    let state = RateLimitState::of(&budget);
    request.extensions_mut().insert(state);
    if verdict.is_let_through {
        return Ok(());
    }
    let answer = RateLimited {
        subject: match bucket.subject {
            RateSubject::Person(_) => "You",
            RateSubject::Tenant(_) => "All of your tenant together",
            RateSubject::Address(_) => "Without valid credentials you",
        },
        requests_per_hour: budget.rate().requests_per_hour(),
        retry_after_seconds: whole_seconds(budget.room_after()).max(1),
    };
    let room_after = budget.room_after();
    match (sign_in, bucket.subject) {
        (Ok(principal), _) => {
            let refusal = Refusal { answer, state };
            rates.lately_refused.keep(principal, refusal, room_after);
        }
        (Err(_), RateSubject::Address(network)) => {
            rates.lately_refused.keep_network(network, room_after);
        }
        (Err(_), _) => {}
    }
    Err(answer.into())
}

/// The budget that the caller has to mind: the one that makes them wait the longest, else that with the least left.
fn tightest(buckets: &[RateBucket], verdict: &Verdict) -> Option<(RateBucket, RequestBudget)> {
    let budgets = verdict.budgets.iter().copied();
    let both = buckets.iter().copied().zip(budgets);
    both.min_by_key(|(_, budget)| (std::cmp::Reverse(budget.room_after()), budget.remaining()))
}

/// Seconds, rounded up.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// The address itself, or the IPv6 network that its owner can choose addresses from.
fn network_of(address: Option<IpAddr>) -> IpAddr {
    match address {
        None => Ipv4Addr::UNSPECIFIED.into(),
        Some(IpAddr::V4(address)) => address.into(),
        Some(IpAddr::V6(address)) => {
            let mask = u128::MAX << (u128::BITS - IPV6_NETWORK_BITS);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}
