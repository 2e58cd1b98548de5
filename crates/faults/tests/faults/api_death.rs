//! The API dies: what it had accepted runs, and who followed goes on where they were.

use gantry_domain::JobId;

use crate::{LIMIT, installation, ping};

/// How many clients submit while the API dies.
const CLIENTS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn every_job_that_a_dying_api_accepted_runs() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let calls = installation.calls.clone();
                tokio::spawn(async move {
                    let mut accepted: Vec<JobId> = Vec::new();
                    while let Some(id) = calls.try_submit(&ping()).await {
                        accepted.push(id);
                    }
                    accepted
                })
            })
            .collect();
        installation.wait_for_jobs(ids.len() + 100, LIMIT).await;
        installation.stack.api().kill().unwrap();
        for client in clients {
            ids.extend(client.await.unwrap());
        }
        installation.stack.restart_api().unwrap();
    }
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    installation.assert_sound(&[]).await;
}
