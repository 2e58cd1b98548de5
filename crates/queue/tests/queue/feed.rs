//! The live feed: followers hear what is published after they came, each on its own, over one connection.

use std::sync::Arc;

use deadpool_redis::redis::cmd;
use gantry_domain::{JobId, JobState, LogLine};
use gantry_queue::{FeedEvent, FeedHub, Follower, JobEnded};
use gantry_testkit::eventually;

use crate::fixture::{Fixture, SOON, line, lines_of, queue_name};

async fn next(follower: &mut Follower) -> FeedEvent {
    tokio::time::timeout(SOON, follower.next()).await.unwrap()
}

async fn next_lines(follower: &mut Follower) -> Arc<Vec<LogLine>> {
    match next(follower).await {
        FeedEvent::Lines(lines) => lines,
        other => panic!("lines were expected, not {other:?}"),
    }
}

async fn publish(fixture: &Fixture, job_id: JobId, seq: u64) {
    fixture
        .queue
        .publish_lines(&[lines_of(job_id, vec![line(seq)])])
        .await
        .unwrap();
}

/// How many clients wait for the feed.
async fn subscribed_clients(fixture: &Fixture) -> usize {
    let clients: String = fixture.command("CLIENT LIST").await;
    clients
        .lines()
        .filter(|client| client.contains("cmd=xread") && client.contains("flags=b"))
        .count()
}

#[tokio::test]
async fn what_is_published_after_following_is_heard_whole_and_in_order() {
    let fixture = Fixture::new().await;
    let hub = FeedHub::start(&fixture.queue);
    let job_id = JobId::generate();
    publish(&fixture, job_id, 1).await;
    let mut follower = hub.follow(job_id, &queue_name()).await;
    for seq in 2..30 {
        publish(&fixture, job_id, seq).await;
    }
    for seq in 2..30 {
        assert_eq!(*next_lines(&mut follower).await, [line(seq)]);
    }
    let ended = JobEnded {
        job_id,
        state: JobState::Succeeded,
    };
    fixture.queue.publish_ended(&[ended]).await.unwrap();
    assert_eq!(next(&mut follower).await, FeedEvent::Changed);
    assert!(follower.is_live());
}

#[tokio::test]
async fn several_jobs_share_a_publication_and_each_follower_hears_its_own() {
    let fixture = Fixture::new().await;
    let hub = FeedHub::start(&fixture.queue);
    let (one, other) = (JobId::generate(), JobId::generate());
    let mut follower = hub.follow(one, &queue_name()).await;
    let batch = [
        lines_of(other, vec![line(1)]),
        lines_of(one, vec![line(1), line(2)]),
    ];
    fixture.queue.publish_lines(&batch).await.unwrap();
    assert_eq!(*next_lines(&mut follower).await, [line(1), line(2)]);
    let ended = |job_id| JobEnded {
        job_id,
        state: JobState::Failed,
    };
    let many: Vec<_> = (0..1_200).map(|_| ended(JobId::generate())).collect();
    fixture
        .queue
        .publish_ended(&[many, vec![ended(one)]].concat())
        .await
        .unwrap();
    assert_eq!(next(&mut follower).await, FeedEvent::Changed);
}

/// The hub's reader waits for the streams it knew when its wait began.
#[tokio::test]
async fn a_follower_who_comes_while_the_hub_waits_hears_at_once() {
    let fixture = Fixture::new().await;
    let hub = FeedHub::start(&fixture.queue);
    let _first = hub.follow(JobId::generate(), &queue_name()).await;
    eventually(SOON, || async {
        if subscribed_clients(&fixture).await > 0 {
            Ok(())
        } else {
            Err("nobody waits")
        }
    })
    .await;
    for _ in 0..5 {
        let job_id = JobId::generate();
        let mut follower = hub.follow(job_id, &queue_name()).await;
        publish(&fixture, job_id, 1).await;
        // Without a wake-up it would take until the wait of five seconds ends.
        let heard = tokio::time::timeout(std::time::Duration::from_secs(4), follower.next()).await;
        assert!(matches!(heard.unwrap(), FeedEvent::Lines(_)));
    }
}

#[tokio::test]
async fn many_followers_of_many_jobs_all_hear() {
    let fixture = Fixture::new().await;
    let hub = FeedHub::start(&fixture.queue);
    let jobs: Vec<_> = (0..20).map(|_| JobId::generate()).collect();
    let mut followers = Vec::new();
    for job_id in &jobs {
        for _ in 0..10 {
            followers.push((*job_id, hub.follow(*job_id, &queue_name()).await));
        }
    }
    for (seq, job_id) in jobs.iter().enumerate() {
        publish(&fixture, *job_id, seq as u64 + 1).await;
    }
    for (job_id, follower) in &mut followers {
        let seq = jobs.iter().position(|one| one == job_id).unwrap() as u64 + 1;
        assert_eq!(*next_lines(follower).await, [line(seq)]);
    }
}

#[tokio::test]
async fn large_lines_are_announced_without_their_text() {
    let fixture = Fixture::new().await;
    let hub = FeedHub::start(&fixture.queue);
    let job_id = JobId::generate();
    let mut follower = hub.follow(job_id, &queue_name()).await;
    let large = LogLine {
        text: "x".repeat(16 * 1024),
        ..line(1)
    };
    let batch = vec![large; 5];
    fixture
        .queue
        .publish_lines(&[lines_of(job_id, batch)])
        .await
        .unwrap();
    assert_eq!(next(&mut follower).await, FeedEvent::Changed);
    let key = format!("{}:{{default}}:feed:{job_id}", fixture.prefix);
    let bytes: u64 = fixture.command(&format!("MEMORY USAGE {key}")).await;
    assert!(bytes < 16 * 1024, "{bytes}");
}

#[tokio::test]
async fn what_is_no_line_is_a_hint_to_look_into_postgres() {
    let fixture = Fixture::new().await;
    let hub = FeedHub::start(&fixture.queue);
    let job_id = JobId::generate();
    let mut follower = hub.follow(job_id, &queue_name()).await;
    let key = format!("{}:{{default}}:feed:{job_id}", fixture.prefix);
    let _: String = fixture
        .command(&format!("XADD {key} * lines [{{\"new\":1}}]"))
        .await;
    assert_eq!(next(&mut follower).await, FeedEvent::Changed);
    publish(&fixture, job_id, 1).await;
    assert_eq!(*next_lines(&mut follower).await, [line(1)]);
}

#[tokio::test]
async fn more_than_a_worker_publishes_is_not_read_but_looked_for_in_postgres() {
    let fixture = Fixture::new().await;
    let hub = FeedHub::start(&fixture.queue);
    let job_id = JobId::generate();
    let mut follower = hub.follow(job_id, &queue_name()).await;
    let flood = vec![line(1); 20_000];
    let document = serde_json::to_string(&flood).unwrap();
    assert!(document.len() > 1024 * 1024);
    let key = format!("{}:{{default}}:feed:{job_id}", fixture.prefix);
    let mut connection = fixture.redis.connection().await;
    let _: String = cmd("XADD")
        .arg(key)
        .arg("*")
        .arg("lines")
        .arg(document)
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(next(&mut follower).await, FeedEvent::Changed);
    publish(&fixture, job_id, 1).await;
    assert_eq!(*next_lines(&mut follower).await, [line(1)]);
}

#[tokio::test]
async fn a_follower_that_does_not_listen_is_dropped_and_told_so_and_holds_up_nobody() {
    let fixture = Fixture::new().await;
    let hub = FeedHub::start(&fixture.queue);
    let job_id = JobId::generate();
    let mut lagging = hub.follow(job_id, &queue_name()).await;
    let mut listening = hub.follow(job_id, &queue_name()).await;
    for seq in 1..=300 {
        publish(&fixture, job_id, seq).await;
        assert_eq!(*next_lines(&mut listening).await, [line(seq)]);
    }
    for seq in 1..=256 {
        assert_eq!(*next_lines(&mut lagging).await, [line(seq)]);
    }
    assert_eq!(next(&mut lagging).await, FeedEvent::Lagged);
    assert_eq!(next(&mut lagging).await, FeedEvent::Lagged);
    drop(lagging);
    publish(&fixture, job_id, 301).await;
    assert_eq!(*next_lines(&mut listening).await, [line(301)]);
}

#[tokio::test]
async fn the_feed_keeps_little_and_goes_away() {
    let fixture = Fixture::new().await;
    let job_id = JobId::generate();
    for seq in 1..=400 {
        publish(&fixture, job_id, seq).await;
    }
    let key = format!("{}:{{default}}:feed:{job_id}", fixture.prefix);
    let kept: u64 = fixture.command(&format!("XLEN {key}")).await;
    assert!((64..=164).contains(&kept), "{kept}");
    let seconds: i64 = fixture.command(&format!("TTL {key}")).await;
    assert!(seconds > 0);
}

#[tokio::test]
async fn publishing_nothing_asks_nothing_of_redis() {
    let unreachable = crate::fixture::open("redis://127.0.0.1:1", "gantry");
    unreachable.publish_lines(&[]).await.unwrap();
    unreachable.publish_ended(&[]).await.unwrap();
}
