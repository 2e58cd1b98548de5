//! A machine of a tenant's own: its user in Redis hears and writes what its queues need, and nothing else.

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Client, RedisResult, Value, cmd};
use gantry_domain::{
    Doorbell, JobId, Priority, QueueName, TenantId, TenantShard, WorkerId, WorkerTokenId,
};
use gantry_queue::{
    DoorbellReader, EnrolledAccess, FeedEvent, FeedHub, Queue, QueueOptions, RunCounts,
};
use gantry_testkit::eventually;
use tokio::time::timeout;
use uuid::Uuid;

use crate::fixture::{Fixture, OwnRedis, SOON, doorbells, line, lines_of, queue_name, read_all};

const PASSWORD: &str = "correct horse";
/// SHA-256 of the password.
const PASSWORD_HASH: [u8; 32] = [
    0x41, 0x04, 0xd3, 0x6f, 0x8d, 0xa2, 0xc2, 0x54, 0x34, 0x9f, 0x85, 0x83, 0x67, 0x93, 0xeb, 0xe0,
    0x29, 0xe0, 0xc9, 0x57, 0x06, 0x3a, 0x34, 0xc9, 0x1c, 0x2e, 0x92, 0x03, 0x18, 0x7b, 0x56, 0x31,
];

fn tenant() -> TenantId {
    TenantId::from_uuid(Uuid::nil())
}

/// A tenant whose doorbells are in another shard than the first one's.
fn other_tenant() -> TenantId {
    (1_u128..)
        .map(|number| TenantId::from_uuid(Uuid::from_u128(number)))
        .find(|other| TenantShard::of(*other) != TenantShard::of(tenant()))
        .unwrap()
}

fn access() -> EnrolledAccess {
    EnrolledAccess {
        token_id: WorkerTokenId::generate(),
        tenant_id: tenant(),
        queues: vec![queue_name()],
        password_hash: PASSWORD_HASH,
    }
}

fn url_as(url: &str, user: &str) -> String {
    let (_, server) = url.split_once('@').unwrap();
    format!("redis://{user}:{}@{server}", PASSWORD.replace(' ', "%20"))
}

/// The handle as a worker on the machine opens it.
fn machine(url: &str, prefix: &str, user: &str) -> Queue {
    Queue::open(&QueueOptions {
        redis_url: url_as(url, user),
        key_prefix: prefix.to_owned(),
        machine_of: Some(tenant()),
    })
    .unwrap()
}

async fn by_hand(url: &str, user: &str) -> RedisResult<MultiplexedConnection> {
    let client = Client::open(url_as(url, user))?;
    client.get_multiplexed_async_connection().await
}

async fn try_run(connection: &mut MultiplexedConnection, text: &str) -> RedisResult<Value> {
    let mut parts = text.split(' ');
    let mut command = cmd(parts.next().unwrap());
    for part in parts {
        command.arg(part);
    }
    command.query_async(connection).await
}

fn rung_for(tenant_id: TenantId, queue: &str, priority: Priority) -> Doorbell {
    Doorbell {
        job_id: JobId::generate(),
        dispatch: 1,
        queue: queue.parse::<QueueName>().unwrap(),
        priority,
        shard: TenantShard::of(tenant_id),
        traceparent: None,
    }
}

#[tokio::test]
async fn a_machine_does_its_side_of_the_protocol() {
    let fixture = Fixture::new().await;
    let access = access();
    fixture.queue.let_in(&access).await.unwrap();
    let user = fixture.queue.enrolled_user(access.token_id);
    let machine = machine(fixture.redis.url(), &fixture.prefix, &user);
    machine.ping().await.unwrap();
    let worker_id = WorkerId::generate();
    let mut reader = DoorbellReader::new(&machine, &[queue_name()], worker_id);
    let own = [Priority::Low, Priority::Normal, Priority::High]
        .map(|priority| rung_for(tenant(), "default", priority));
    let others = rung_for(other_tenant(), "default", Priority::High);
    fixture
        .queue
        .ring(&[&own[..], &[others]].concat())
        .await
        .unwrap();
    let mut read = read_all(&mut reader, 3).await;
    read.sort_by_key(|delivered| delivered.doorbell.job_id);
    assert_eq!(doorbells(&read), own);
    reader.acknowledge(&read).await.unwrap();
    machine.ring(&own[..1]).await.unwrap();
    let again = read_all(&mut reader, 1).await;
    assert_eq!(doorbells(&again), own[..1]);

    let counts = RunCounts {
        started: 1,
        finished: 1,
        failed: 0,
    };
    machine.count_runs(&[(queue_name(), counts)]).await.unwrap();
    let hub = FeedHub::start(&fixture.queue);
    let job_id = own[0].job_id;
    let mut follower = hub.follow(job_id, &queue_name()).await;
    machine
        .publish_lines(&[lines_of(job_id, vec![line(1)])])
        .await
        .unwrap();
    let event = timeout(SOON, follower.next()).await.unwrap();
    assert!(matches!(event, FeedEvent::Lines(_)), "{event:?}");
    machine
        .publish_lines(&[lines_of(job_id, Vec::new())])
        .await
        .unwrap();
    assert_eq!(
        timeout(SOON, follower.next()).await.unwrap(),
        FeedEvent::Changed
    );

    reader.give_back().await.unwrap();
    machine
        .forget_worker(&queue_name(), worker_id)
        .await
        .unwrap();
    fixture.queue.put_out(access.token_id).await.unwrap();
}

#[tokio::test]
async fn a_machine_reaches_no_key_and_no_command_of_others() {
    let fixture = Fixture::new().await;
    let access = access();
    fixture.queue.let_in(&access).await.unwrap();
    let user = fixture.queue.enrolled_user(access.token_id);
    let mut hand = by_hand(fixture.redis.url(), &user).await.unwrap();
    let prefix = &fixture.prefix;
    let own = TenantShard::of(tenant()).number();
    let other = TenantShard::of(other_tenant()).number();
    let job_id = JobId::generate();
    for allowed in [
        format!("XADD {prefix}:{{default}}:work:high:{own} * v 1"),
        format!("XADD {prefix}:{{default}}:feed:{job_id} * lines x"),
    ] {
        try_run(&mut hand, &allowed).await.unwrap();
    }
    for denied in [
        format!("XADD {prefix}:{{default}}:work:high:{other} * v 1"),
        format!("XADD {prefix}:{{another}}:work:high:{own} * v 1"),
        format!("XGROUP CREATE {prefix}:{{another}}:work:high:{own} workers 0 MKSTREAM"),
        format!("XREADGROUP GROUP workers me STREAMS {prefix}:{{default}}:work:high:{other} >"),
        format!("XDEL {prefix}:{{default}}:work:high:{other} 1-1"),
        format!("XADD {prefix}:{{another}}:feed:{job_id} * lines x"),
        format!("XREAD STREAMS {prefix}:{{default}}:feed:{job_id} 0"),
        format!("XRANGE {prefix}:{{default}}:feed:{job_id} - +"),
        format!("XREAD STREAMS {prefix}:changes 0"),
        format!("XADD {prefix}:changes * jobs x"),
        format!("XADD {prefix}:control:{} * v 1", WorkerId::generate()),
        format!("XREAD STREAMS {prefix}:control:{} 0", WorkerId::generate()),
        format!("HINCRBY {prefix}:{{another}}:runs:1 started 1"),
        format!("SET {prefix}:{{default}}:work:high:{own} x"),
        format!("DEL {prefix}:{{default}}:work:high:{own}"),
        format!("XGROUP DESTROY {prefix}:{{default}}:work:high:{own} workers"),
        format!("XINFO STREAM {prefix}:{{default}}:work:high:{own}"),
        "EVAL return(1) 0".to_owned(),
        "EVALSHA 0000000000000000000000000000000000000000 0".to_owned(),
        "SCRIPT FLUSH".to_owned(),
        "FUNCTION LIST".to_owned(),
        "KEYS *".to_owned(),
        "SCAN 0".to_owned(),
        "RANDOMKEY".to_owned(),
        "FLUSHALL".to_owned(),
        "SELECT 1".to_owned(),
        "CONFIG GET maxmemory".to_owned(),
        "CLIENT LIST".to_owned(),
        "MONITOR".to_owned(),
        "SUBSCRIBE anything".to_owned(),
        "PUBLISH anything x".to_owned(),
        "ACL LIST".to_owned(),
        "ACL SETUSER me on".to_owned(),
        "INFO".to_owned(),
        "MULTI".to_owned(),
    ] {
        let refused = try_run(&mut hand, &denied).await.expect_err(&denied);
        assert_eq!(refused.code(), Some("NOPERM"), "{denied}: {refused}");
    }
    fixture.queue.put_out(access.token_id).await.unwrap();
}

#[tokio::test]
async fn a_machine_that_is_put_out_is_cut_off_and_does_not_come_in_again() {
    let fixture = Fixture::new().await;
    let access = access();
    fixture.queue.let_in(&access).await.unwrap();
    let user = fixture.queue.enrolled_user(access.token_id);
    let url = fixture.redis.url();
    let mut hand = by_hand(url, &user).await.unwrap();
    try_run(&mut hand, "PING").await.unwrap();
    fixture.queue.put_out(access.token_id).await.unwrap();
    fixture.queue.put_out(access.token_id).await.unwrap();
    try_run(&mut hand, "PING").await.unwrap_err();
    assert!(by_hand(url, &user).await.is_err());
    let refused = machine(url, &fixture.prefix, &user)
        .ping()
        .await
        .unwrap_err();
    assert!(refused.is_refused_access(), "{refused}");
}

/// Users stand in no file unless the operator says so, and a Redis that starts anew knows none of them.
#[tokio::test]
async fn a_machine_is_let_in_again_after_redis_has_forgotten_it() {
    let mut redis = OwnRedis::start();
    let access = access();
    redis.queue.let_in(&access).await.unwrap();
    let user = redis.queue.enrolled_user(access.token_id);
    let machine = machine(&redis.server.url(), "gantry", &user);
    machine.ping().await.unwrap();
    redis.server.restart_empty().unwrap();
    let refused = eventually(SOON, async || match machine.ping().await {
        Err(error) if error.is_refused_access() => Ok(error),
        other => Err(format!("{other:?}")),
    });
    refused.await;
    eventually(SOON, || redis.queue.let_in(&access)).await;
    eventually(SOON, || machine.ping()).await;
}
