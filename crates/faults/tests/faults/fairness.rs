//! One tenant's backlog is not everybody's.

use crate::{LIMIT, installation, ping, pings};

/// How many jobs of the other tenant may begin first: what a few reads of this worker bring.
const AHEAD: i64 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn one_job_does_not_wait_for_ten_thousand_of_another_tenant() {
    let mut installation = installation().start().await;
    let announcer = installation.start_worker();
    installation.worker(announcer).stop().unwrap();
    for _ in 0..10 {
        installation.calls.submit_all(&pings(1_000)).await;
    }
    // One tenant in 32 shares the crowd's stream and would wait behind it; this one does not.
    let single = installation.calls.as_tenant("tenant-of-one-job");
    let single = single.submit(&ping()).await;
    installation.start_worker();
    installation
        .wait_until_all_succeeded(&[single], LIMIT)
        .await;

    let ahead = format!(
        "SELECT count(*) FROM jobs WHERE started_at < (SELECT started_at FROM jobs WHERE id = '{single}')"
    );
    let ahead = installation.database.number(&ahead).await;
    assert!(ahead < AHEAD, "{ahead} jobs began before it");
    installation.assert_sound(&[]).await;
}
