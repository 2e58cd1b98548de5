//! Many workers claim under the same limits at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gantry_domain::{KindName, LimitSubject, TenantId};
use tokio::task::JoinSet;

use super::{fixture, kinds, limit, other_kind, place, submit, tenants, worker};
use crate::fixture::{completion, first_run, kind};

/// Counts what runs: after each claim was answered, and before each end is written, so never more than Postgres knows.
#[derive(Default)]
struct Gauge {
    now: AtomicI64,
    most: AtomicI64,
}

impl Gauge {
    fn add(&self, count: i64) {
        let now = self.now.fetch_add(count, Ordering::SeqCst) + count;
        self.most.fetch_max(now, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_claim_at_once_never_exceed_a_limit_and_every_job_runs() {
    const LIMIT: u32 = 3;
    let (fixture, _) = fixture().await;
    let [acme, globex, _] = tenants();
    limit(&fixture, LimitSubject::Tenant(acme), LIMIT).await;
    limit(&fixture, LimitSubject::Kind(kind()), LIMIT).await;
    let mut runs = submit(&fixture, acme, kind(), 30).await;
    runs.extend(submit(&fixture, acme, other_kind(), 30).await);
    runs.extend(submit(&fixture, globex, kind(), 30).await);
    let gauges = [Arc::new(Gauge::default()), Arc::new(Gauge::default())];
    let mut workers = JoinSet::new();
    for number in 0..6 {
        let store = fixture.workers.clone();
        let mut told = runs.clone();
        told.rotate_left(number * 15);
        let gauges = gauges.clone();
        workers.spawn(async move {
            let worker_id = worker(&store).await;
            let concerned = |tenant_id: TenantId, kind_of: &KindName| {
                let [of_tenant, of_kind] = &gauges;
                [
                    (tenant_id == acme).then_some(of_tenant),
                    (*kind_of == kind()).then_some(of_kind),
                ]
            };
            let mut done = 0;
            while !told.is_empty() {
                let batch: Vec<_> = told.drain(..told.len().min(8)).collect();
                let claimed = store.claim(worker_id, &batch, &kinds()).await.unwrap();
                for job in &claimed {
                    for gauge in concerned(job.tenant_id, &job.kind).into_iter().flatten() {
                        gauge.add(1);
                    }
                }
                for job in &claimed {
                    tokio::task::yield_now().await;
                    for gauge in concerned(job.tenant_id, &job.kind).into_iter().flatten() {
                        gauge.add(-1);
                    }
                    let ended = [completion(job.run)];
                    assert_eq!(store.complete(worker_id, &ended).await.unwrap().len(), 1);
                    done += 1;
                    let place = place(job.tenant_id, job.kind.clone());
                    let next = store.next_for_places(&[place]).await.unwrap();
                    told.extend(next.iter().map(|bell| first_run(bell.job_id)));
                }
            }
            done
        });
    }
    let done: usize = workers.join_all().await.into_iter().sum();
    assert_eq!(done, runs.len());
    for gauge in gauges {
        let most = gauge.most.load(Ordering::SeqCst);
        assert!((1..=i64::from(LIMIT)).contains(&most), "{most} ran at once");
    }
}
