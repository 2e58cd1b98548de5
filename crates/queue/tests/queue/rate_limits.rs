//! Rates of requests, counted by a script in Redis, and in memory while Redis is away.

use deadpool_redis::redis::Client;
use gantry_domain::{REQUEST_RATE_LIMIT_PER_HOUR, RequestBudget, RequestRate, TenantId, UserId};
use gantry_queue::{RateBucket, RateLimiter, RateSubject, Verdict};
use gantry_testkit::eventually;
use proptest::prelude::*;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::fixture::{Fixture, OwnRedis, SOON, run};

const HALF_HOUR_MICROSECONDS: u64 = 1_800_000_000;

fn bucket(subject: RateSubject, per_hour: u32) -> RateBucket {
    let rate = RequestRate::per_hour(per_hour).unwrap();
    RateBucket { subject, rate }
}

fn person() -> RateSubject {
    RateSubject::Person(UserId::for_subject(
        "issuer",
        &uuid::Uuid::new_v4().to_string(),
    ))
}

fn tenant() -> RateSubject {
    RateSubject::Tenant(TenantId::generate())
}

fn remaining(verdict: &Verdict) -> Vec<u32> {
    verdict
        .budgets
        .iter()
        .map(RequestBudget::remaining)
        .collect()
}

impl Fixture {
    /// The moment at which all that was used will have come back; 0 where nothing was used.
    async fn whole_at(&self, bucket: RateBucket) -> u64 {
        let key = self.rate_key(bucket);
        self.command::<Option<u64>>(&format!("GET {key}"))
            .await
            .unwrap_or_default()
    }

    async fn use_up(&self, bucket: RateBucket, whole_at: u64) {
        let key = self.rate_key(bucket);
        self.command::<()>(&format!("SET {key} {whole_at}")).await;
    }

    /// The time of Redis, in microseconds.
    async fn now(&self) -> u64 {
        let [seconds, microseconds] = self.command::<[u64; 2]>("TIME").await;
        seconds * 1_000_000 + microseconds
    }

    /// The key of a budget, as the protocol document names it.
    fn rate_key(&self, bucket: RateBucket) -> String {
        let of_rate = format!("{}:rate:{}", self.prefix, bucket.rate.requests_per_hour());
        match bucket.subject {
            RateSubject::Person(id) => format!("{of_rate}:person:{id}"),
            RateSubject::Tenant(id) => format!("{of_rate}:tenant:{id}"),
            RateSubject::Address(address) => format!("{of_rate}:address:{address}"),
        }
    }
}

#[tokio::test]
async fn what_one_process_counted_another_one_knows() {
    let fixture = Fixture::new().await;
    let limiters = [
        RateLimiter::new(&fixture.queue),
        RateLimiter::new(&fixture.queue),
    ];
    let bucket = [bucket(person(), 3)];
    for (limiter, left) in [(0, 2), (1, 1), (0, 0)] {
        let verdict = limiters[limiter].take(&bucket).await;
        assert!(verdict.is_let_through);
        assert_eq!(remaining(&verdict), [left]);
    }
    for limiter in &limiters {
        let verdict = limiter.take(&bucket).await;
        assert!(!verdict.is_let_through);
        assert!(verdict.budgets[0].room_after() > std::time::Duration::from_secs(1_100));
    }
}

#[tokio::test]
async fn of_many_at_once_exactly_as_many_are_let_through_as_may_be() {
    let fixture = Fixture::new().await;
    let limiter = std::sync::Arc::new(RateLimiter::new(&fixture.queue));
    let bucket = bucket(person(), 20);
    let mut requests = JoinSet::new();
    for _ in 0..100 {
        let limiter = limiter.clone();
        requests.spawn(async move { limiter.take(&[bucket]).await.is_let_through });
    }
    let let_through = requests.join_all().await.into_iter().filter(|is| *is);
    assert_eq!(let_through.count(), 20);
}

#[tokio::test]
async fn a_refused_request_counts_neither_for_the_person_nor_for_the_tenant() {
    let fixture = Fixture::new().await;
    let limiter = RateLimiter::new(&fixture.queue);
    let tenant = tenant();
    let spent = [bucket(person(), 1), bucket(tenant, 10)];
    assert!(limiter.take(&spent).await.is_let_through);
    let before = fixture.whole_at(spent[1]).await;
    for _ in 0..5 {
        let verdict = limiter.take(&spent).await;
        assert!(!verdict.is_let_through);
        assert_eq!(remaining(&verdict), [0, 9]);
    }
    assert_eq!(fixture.whole_at(spent[1]).await, before);
    let other = [bucket(person(), 1), bucket(tenant, 10)];
    assert_eq!(remaining(&limiter.take(&other).await), [0, 8]);
}

#[tokio::test]
async fn a_budget_is_kept_until_all_of_it_has_come_back() {
    let fixture = Fixture::new().await;
    let limiter = RateLimiter::new(&fixture.queue);
    let address = "2001:db8::".parse().unwrap();
    limiter
        .take(&[bucket(RateSubject::Address(address), 4)])
        .await;
    let key = format!("{}:rate:4:address:2001:db8::", fixture.prefix);
    let kept_seconds: i64 = fixture.command(&format!("TTL {key}")).await;
    assert!((800..=900).contains(&kept_seconds), "{kept_seconds}");
}

#[tokio::test]
async fn a_redis_that_forgot_the_script_is_given_it_again() {
    let redis = OwnRedis::start();
    let limiter = RateLimiter::new(&redis.queue);
    let bucket = [bucket(person(), 10)];
    limiter.take(&bucket).await;
    let client = Client::open(redis.server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    run::<()>(&mut connection, "SCRIPT FLUSH").await;
    assert_eq!(remaining(&limiter.take(&bucket).await), [8]);
}

#[tokio::test]
async fn while_redis_is_away_the_process_counts_for_itself_and_then_in_redis_again() {
    let mut redis = OwnRedis::start();
    let limiter = RateLimiter::new(&redis.queue);
    let bucket = [bucket(person(), 3)];
    assert_eq!(remaining(&limiter.take(&bucket).await), [2]);
    redis.server.kill().unwrap();
    for left in [2, 1, 0] {
        assert_eq!(remaining(&limiter.take(&bucket).await), [left]);
    }
    assert!(!limiter.take(&bucket).await.is_let_through);
    redis.server.restart().unwrap();
    // The limiter leaves a Redis that was away alone for a moment.
    eventually(SOON, || async {
        let verdict = limiter.take(&bucket).await;
        if verdict.is_let_through {
            Ok(())
        } else {
            Err("it counts in memory")
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_holds_something_else_limits_in_memory_and_fails_nobody() {
    let fixture = Fixture::new().await;
    let limiter = RateLimiter::new(&fixture.queue);
    let user_id = UserId::for_subject("issuer", "someone");
    let key = format!("{}:rate:1:person:{user_id}", fixture.prefix);
    fixture.command::<u64>(&format!("LPUSH {key} x")).await;
    let bucket = [bucket(RateSubject::Person(user_id), 1)];
    assert!(limiter.take(&bucket).await.is_let_through);
    assert!(!limiter.take(&bucket).await.is_let_through);
}

/// A rate, and how much of it is used up: much, little, all but a few requests, or more than there is.
fn usage() -> impl Strategy<Value = (RequestRate, u64)> {
    (
        1..=REQUEST_RATE_LIMIT_PER_HOUR,
        0_u64..6,
        0..=2_u64,
        any::<u64>(),
    )
        .prop_map(|(per_hour, requests_left, sort, number)| {
            let rate = RequestRate::per_hour(per_hour).unwrap();
            let window = rate.window_microseconds();
            let few_left = window.saturating_sub(requests_left * rate.interval_microseconds());
            let backlog = match sort {
                0 => number % window,
                1 => few_left,
                _ => number % (10 * window),
            };
            (rate, backlog)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_script_decides_as_the_arithmetic_of_the_domain_does(
        (person_rate, person_backlog) in usage(),
        (tenant_rate, tenant_backlog) in usage(),
        request_count in 1_usize..10,
    ) {
        Runtime::new().unwrap().block_on(async {
            let fixture = Fixture::new().await;
            let limiter = RateLimiter::new(&fixture.queue);
            let buckets = [
                RateBucket { subject: person(), rate: person_rate },
                RateBucket { subject: tenant(), rate: tenant_rate },
                // By this one the test learns the moment at which Redis decided.
                bucket(tenant(), 1_000),
            ];
            let began_at = fixture.now().await;
            fixture.use_up(buckets[0], began_at + person_backlog).await;
            fixture.use_up(buckets[1], began_at + tenant_backlog).await;
            fixture.use_up(buckets[2], began_at + HALF_HOUR_MICROSECONDS).await;
            for _ in 0..request_count {
                let mut before = Vec::new();
                for bucket in buckets {
                    before.push((bucket.rate, fixture.whole_at(bucket).await));
                }
                let verdict = limiter.take(&buckets).await;
                let clock = u64::try_from(verdict.budgets[2].whole_after().as_micros()).unwrap();
                let now = fixture.whole_at(buckets[2]).await - clock;
                let mut expected: Vec<RequestBudget> = before
                    .into_iter()
                    .map(|(rate, whole_at)| RequestBudget::at(rate, now, whole_at))
                    .collect();
                assert_eq!(verdict.is_let_through, RequestBudget::take_one(&mut expected));
                assert_eq!(verdict.budgets, expected);
            }
        });
    }
}
