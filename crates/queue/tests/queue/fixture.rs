//! A share of a Redis server, and what is sent through it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::streams::StreamPendingReply;
use deadpool_redis::redis::{FromRedisValue, cmd};
use gantry_devkit::{Folder, PrivateRedis};
use gantry_domain::{
    Doorbell, JobId, LogLevel, LogLine, LogStream, Priority, QueueName, TenantId, TenantShard,
    WorkerId,
};
use gantry_queue::{Delivered, DoorbellReader, JobLines, Queue, QueueOptions};
use gantry_testkit::TestRedis;
use uuid::Uuid;

/// How long anything may take that is to happen soon.
pub const SOON: Duration = Duration::from_secs(30);

/// A share of a Redis server, and the handle on it.
pub struct Fixture {
    pub redis: TestRedis,
    pub queue: Queue,
    pub prefix: String,
}

impl Fixture {
    pub async fn new() -> Self {
        let redis = TestRedis::create().await;
        let prefix = redis.prefix().trim_end_matches(':').to_owned();
        Self {
            queue: open(redis.url(), &prefix),
            redis,
            prefix,
        }
    }

    pub fn reader(&self) -> DoorbellReader {
        self.reader_of(WorkerId::generate())
    }

    pub fn reader_of(&self, worker_id: WorkerId) -> DoorbellReader {
        DoorbellReader::new(&self.queue, &[queue_name()], worker_id)
    }

    /// The key of the stream of `default` at a priority and the usual shard, as the protocol document names it.
    pub fn work_key(&self, priority: Priority) -> String {
        let number = usual_shard().number();
        format!("{}:{{default}}:work:{priority}:{number}", self.prefix)
    }

    /// Runs a command of the test's own; its parts are separated by blanks.
    pub async fn command<T: FromRedisValue>(&self, command: &str) -> T {
        run(&mut self.redis.connection().await, command).await
    }

    /// How many entries wait at normal priority, delivered or not, and how many of them are pending.
    pub async fn left(&self) -> (u64, u64) {
        let key = self.work_key(Priority::Normal);
        let length = self.command(&format!("XLEN {key}")).await;
        let pending: StreamPendingReply = self.command(&format!("XPENDING {key} workers")).await;
        (length, pending.count() as u64)
    }
}

/// A Redis server of the test's own, to be broken.
pub struct OwnRedis {
    pub server: PrivateRedis,
    pub queue: Queue,
    _folder: Folder,
}

impl OwnRedis {
    pub fn start() -> Self {
        let folder = Folder::temporary().unwrap();
        let server = PrivateRedis::start(&folder).unwrap();
        Self {
            queue: open(&server.url(), "gantry"),
            server,
            _folder: folder,
        }
    }
}

pub async fn run<T: FromRedisValue>(connection: &mut MultiplexedConnection, text: &str) -> T {
    let mut command = cmd("");
    let mut parts = text.split(' ');
    command = parts.next().map_or(command, cmd);
    for part in parts {
        command.arg(part);
    }
    command.query_async(connection).await.unwrap()
}

pub fn open(url: &str, prefix: &str) -> Queue {
    Queue::open(&QueueOptions {
        redis_url: url.to_owned(),
        key_prefix: prefix.to_owned(),
        machine_of: None,
    })
    .unwrap()
}

pub fn queue_name() -> QueueName {
    "default".parse().unwrap()
}

pub fn doorbell() -> Doorbell {
    doorbell_at(Priority::Normal)
}

pub fn doorbell_at(priority: Priority) -> Doorbell {
    Doorbell {
        job_id: JobId::generate(),
        dispatch: 1,
        queue: queue_name(),
        priority,
        shard: usual_shard(),
        traceparent: None,
    }
}

/// The shard of the tenant that submits what no other is said to.
pub fn usual_shard() -> TenantShard {
    TenantShard::of(TenantId::from_uuid(Uuid::nil()))
}

pub fn doorbells(delivered: &[Delivered]) -> Vec<Doorbell> {
    delivered
        .iter()
        .map(|delivered| delivered.doorbell.clone())
        .collect()
}

/// Reads until `count` doorbells came, acknowledging none.
pub async fn read_all(reader: &mut DoorbellReader, count: usize) -> Vec<Delivered> {
    let mut all = Vec::new();
    while all.len() < count {
        let delivery = tokio::time::timeout(SOON, reader.read(count - all.len())).await;
        all.extend(delivery.unwrap().unwrap().doorbells);
    }
    all
}

pub fn line(seq: u64) -> LogLine {
    LogLine {
        attempt: 1,
        seq,
        at: DateTime::<Utc>::UNIX_EPOCH,
        stream: LogStream::Stdout,
        level: LogLevel::Info,
        text: format!("line {seq}"),
    }
}

/// Lines of a job of the usual queue.
pub fn lines_of(job_id: JobId, lines: Vec<LogLine>) -> JobLines {
    JobLines {
        job_id,
        queue: queue_name(),
        lines,
    }
}
