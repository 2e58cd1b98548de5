//! The maintenance closes accounts that are due, and removes them when nobody can know them any more.

#[path = "handler_support/bench.rs"]
#[expect(dead_code, reason = "tests of handlers use more of it")]
mod bench;
#[path = "handler_support/worker_in_process.rs"]
#[expect(dead_code, reason = "tests of handlers use more of it")]
mod worker_in_process;

use bench::{Bench, LIMIT};
use gantry_testkit::eventually;
use gantry_worker::handlers::SystemPing;

#[tokio::test]
async fn accounts_that_are_due_are_closed_and_removed() {
    let bench = Bench::create().await;
    bench
        .database
        .execute(
            "INSERT INTO users (id, issuer, subject)
             SELECT gen_random_uuid(), 'https://issuer.test', name FROM unnest(ARRAY['ada', 'bob', 'eve']) AS name;
             INSERT INTO account_deletions (user_id, own_tenant_id, requested_by, purge_after, closed_at)
             SELECT id, gen_random_uuid(), 'person', now() - interval '1 day',
                CASE subject WHEN 'ada' THEN now() - interval '3 hours' END
             FROM users WHERE subject <> 'eve'",
        )
        .await;
    let worker = bench.start_worker(SystemPing).await;
    eventually(LIMIT, || async {
        let sql = "SELECT (SELECT string_agg(subject, ' ' ORDER BY subject) FROM users) || ', '
            || (SELECT count(*) FROM account_deletions WHERE closed_at IS NOT NULL) || ' closed, '
            || (SELECT count(*) FROM deletion_receipts) || ' removed'";
        let seen = bench.database.text(sql).await;
        if seen.as_deref() == Some("bob eve, 1 closed, 1 removed") {
            Ok(())
        } else {
            Err(seen)
        }
    })
    .await;
    worker.stop().await;
}
