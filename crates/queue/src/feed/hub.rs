//! The hub: one waiting connection for all followers of a process, whatever their number.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_redis::redis::{AsyncCommands, Cmd, Value, cmd, pipe};
use gantry_domain::{JobId, LogLine, QueueName};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::follower::{FeedEvent, Follower};
use super::publish::DOCUMENT_LIMIT_BYTES;
use crate::connection::{BLOCK, WaitingConnection};
use crate::entry::{Entry, range_reply, read_reply};
use crate::stream_id::StreamId;
use crate::{Queue, QueueError};

/// How many events may wait for a follower before it counts as lagging.
const FOLLOWER_LIMIT_EVENTS: usize = 256;
/// How many entries of one stream a read brings at most.
const READ_LIMIT_ENTRIES: usize = 64;
/// How long a wake-up is kept: longer than a read waits.
const WAKE_LIFETIME_SECONDS: u64 = 60;
const RECONNECT_FIRST: Duration = Duration::from_millis(100);
const RECONNECT_LONGEST: Duration = Duration::from_secs(5);

/// The hub: hands what the feed brings to the followers of each job. Reads nothing while nobody follows.
pub struct FeedHub {
    queue: Queue,
    followers: Arc<Followers>,
    is_live: Arc<AtomicBool>,
    reader_id: Uuid,
    reading: JoinHandle<()>,
}

impl FeedHub {
    /// Starts the hub's reader on the current tokio runtime; it ends when the hub is dropped.
    pub fn start(queue: &Queue) -> Self {
        let followers = Arc::new(Followers::default());
        let is_live = Arc::new(AtomicBool::new(true));
        let reader_id = Uuid::now_v7();
        let reader = FeedReader {
            reader_id,
            queue: queue.clone(),
            followers: Arc::clone(&followers),
            is_live: Arc::clone(&is_live),
        };
        Self {
            queue: queue.clone(),
            followers,
            is_live,
            reader_id,
            reading: tokio::spawn(reader.run()),
        }
    }

    /// Follows a job that waited in `queue`. Everything published after this returns is heard, so read Postgres after it.
    pub async fn follow(&self, job_id: JobId, queue: &QueueName) -> Follower {
        let feed = self.queue.keys.feed(queue, job_id);
        let start = last_entry(&self.queue, &feed).await;
        let changes = last_entry(&self.queue, &self.queue.keys.changes()).await;
        let (sender, events) = mpsc::channel(FOLLOWER_LIMIT_EVENTS);
        let place = FeedPlace {
            key: feed,
            start,
            changes,
        };
        let number = self.followers.add(job_id, place, sender.clone());
        if !self.is_live.load(Ordering::Relaxed) {
            // Those who follow already were told when it happened. There is room: the channel is new.
            let _ = sender.try_send(FeedEvent::Disconnected);
        }
        drop(sender);
        self.wake_reader().await;
        Follower {
            events,
            followers: Arc::clone(&self.followers),
            job_id,
            number,
            is_live: Arc::clone(&self.is_live),
        }
    }

    /// A waiting read does not see a stream that was added after it began. The wake-up is an entry, not a signal, so a
    /// read that begins a moment later sees it too.
    async fn wake_reader(&self) {
        self.followers.changed.notify_one();
        let key = self.queue.keys.wake(self.reader_id);
        let Ok(mut connection) = self.queue.connection().await else {
            return;
        };
        let woken = pipe()
            .cmd("XADD")
            .arg(&key)
            .arg("MAXLEN")
            .arg(1)
            .arg("*")
            .arg("wake")
            .arg("1")
            .ignore()
            .cmd("EXPIRE")
            .arg(&key)
            .arg(WAKE_LIFETIME_SECONDS)
            .ignore()
            .query_async::<()>(&mut connection)
            .await;
        if let Err(error) = woken {
            tracing::debug!(%error, "the feed's reader was not woken; it wakes within {BLOCK:?}");
        }
    }
}

impl Drop for FeedHub {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// The last entry of a stream; with Redis away, or no such stream, its beginning: an event too many is harmless.
async fn last_entry(queue: &Queue, key: &str) -> StreamId {
    let Ok(mut connection) = queue.connection().await else {
        return StreamId::default();
    };
    let last: Result<Value, _> = connection.xrevrange_count(key, "+", "-", 1).await;
    last.ok()
        .and_then(|reply| range_reply(reply).first()?.id.parse().ok())
        .unwrap_or_default()
}

/// Who follows what, shared by the hub, its reader and the followers.
#[derive(Default)]
pub(super) struct Followers {
    table: Mutex<FollowerTable>,
    numbers: AtomicU64,
    changed: Notify,
}

#[derive(Default)]
struct FollowerTable {
    jobs: HashMap<JobId, FollowedJob>,
    changes_read: StreamId,
    wakes_read: StreamId,
}

/// Where a follower begins to listen.
struct FeedPlace {
    key: String,
    start: StreamId,
    changes: StreamId,
}

struct FollowedJob {
    key: String,
    read: StreamId,
    senders: Vec<(u64, mpsc::Sender<FeedEvent>)>,
}

impl Followers {
    fn lock(&self) -> MutexGuard<'_, FollowerTable> {
        // Nothing panics while it holds the lock; were it otherwise, the table would still be whole.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, job_id: JobId, place: FeedPlace, sender: mpsc::Sender<FeedEvent>) -> u64 {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let mut table = self.lock();
        if table.jobs.is_empty() {
            table.changes_read = place.changes;
        }
        table
            .jobs
            .entry(job_id)
            .or_insert_with(|| FollowedJob {
                key: place.key,
                read: place.start,
                senders: Vec::new(),
            })
            .senders
            .push((number, sender));
        number
    }

    pub(super) fn remove(&self, job_id: JobId, number: u64) {
        let mut table = self.lock();
        if let Some(job) = table.jobs.get_mut(&job_id) {
            job.senders.retain(|(other, _)| *other != number);
            if job.senders.is_empty() {
                table.jobs.remove(&job_id);
            }
        }
    }

    /// A Redis that comes back may be another one, whose entries have lower ids than those that were read. What is heard
    /// twice is harmless.
    fn read_from_the_beginning(&self) {
        let mut table = self.lock();
        table.changes_read = StreamId::default();
        table.wakes_read = StreamId::default();
        for job in table.jobs.values_mut() {
            job.read = StreamId::default();
        }
    }

    fn send_to_all(&self, event: &FeedEvent) {
        for job in self.lock().jobs.values_mut() {
            job.send(event);
        }
    }
}

impl FollowedJob {
    /// A follower whose channel is full is dropped; its end of the channel then says so.
    fn send(&mut self, event: &FeedEvent) {
        self.senders
            .retain(|(_, sender)| sender.try_send(event.clone()).is_ok());
    }
}

struct FeedReader {
    reader_id: Uuid,
    queue: Queue,
    followers: Arc<Followers>,
    is_live: Arc<AtomicBool>,
}

impl FeedReader {
    async fn run(self) {
        let mut pause = RECONNECT_FIRST;
        loop {
            self.wait_for_followers().await;
            match self.read_until_error(&mut pause).await {
                Ok(()) => {}
                Err(error) => {
                    // Said once, not with every vain try to come back.
                    if self.is_live.swap(false, Ordering::Relaxed) {
                        tracing::warn!(%error, "the live feed is away; followers read Postgres meanwhile");
                        self.followers.send_to_all(&FeedEvent::Disconnected);
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RECONNECT_LONGEST);
                }
            }
        }
    }

    async fn wait_for_followers(&self) {
        while self.followers.lock().jobs.is_empty() {
            self.followers.changed.notified().await;
        }
    }

    /// Reads while anybody follows.
    async fn read_until_error(&self, pause: &mut Duration) -> Result<(), QueueError> {
        let mut connection = WaitingConnection::open(&self.queue.client).await?;
        if !self.is_live.swap(true, Ordering::Relaxed) {
            tracing::info!("the live feed is back");
            self.followers.read_from_the_beginning();
            self.followers.send_to_all(&FeedEvent::Changed);
        }
        *pause = RECONNECT_FIRST;
        while let Some(command) = self.read_command() {
            let reply: Value = connection.run(&command).await?;
            for stream in read_reply(reply) {
                self.hand_out(&stream.key, &stream.entries);
            }
        }
        Ok(())
    }

    /// The command that waits for all followed streams; none when nobody follows.
    fn read_command(&self) -> Option<Cmd> {
        let table = self.followers.lock();
        if table.jobs.is_empty() {
            return None;
        }
        let mut command = cmd("XREAD");
        command
            .arg("COUNT")
            .arg(READ_LIMIT_ENTRIES)
            .arg("BLOCK")
            .arg(BLOCK.as_millis().to_string())
            .arg("STREAMS")
            .arg(self.queue.keys.wake(self.reader_id))
            .arg(self.queue.keys.changes());
        for job in table.jobs.values() {
            command.arg(&job.key);
        }
        command.arg(table.wakes_read.to_string());
        command.arg(table.changes_read.to_string());
        for job in table.jobs.values() {
            command.arg(job.read.to_string());
        }
        Some(command)
    }

    fn hand_out(&self, key: &str, entries: &[Entry]) {
        // Before the table is locked: all followers wait for it.
        let lines: Vec<FeedEvent> = entries.iter().map(published_lines).collect();
        let mut table = self.followers.lock();
        let last = entries.last().and_then(|entry| entry.id.parse().ok());
        if key == self.queue.keys.wake(self.reader_id) {
            table.wakes_read = last.unwrap_or(table.wakes_read);
            return;
        }
        if key == self.queue.keys.changes() {
            for job_id in entries.iter().flat_map(changed_jobs) {
                if let Some(job) = table.jobs.get_mut(&job_id) {
                    job.send(&FeedEvent::Changed);
                }
            }
            table.changes_read = last.unwrap_or(table.changes_read);
            return;
        }
        let Some(job) = key
            .rsplit(':')
            .next()
            .and_then(|job_id| job_id.parse().ok())
            .and_then(|job_id| table.jobs.get_mut(&job_id))
        else {
            return;
        };
        for lines in &lines {
            job.send(lines);
        }
        job.read = last.unwrap_or(job.read);
    }
}

fn changed_jobs(entry: &Entry) -> Vec<JobId> {
    entry
        .text("jobs")
        .unwrap_or_default()
        .split(' ')
        .filter_map(|job_id| job_id.parse().ok())
        .collect()
}

/// Lines that cannot be read, or were left out for their size, are a hint to look into Postgres. So are more than any
/// worker publishes: a machine of a tenant's own can write what it likes.
fn published_lines(entry: &Entry) -> FeedEvent {
    entry
        .text("lines")
        .filter(|document| document.len() <= DOCUMENT_LIMIT_BYTES)
        .and_then(|document| serde_json::from_str::<Vec<LogLine>>(document).ok())
        .map_or(FeedEvent::Changed, |lines| {
            FeedEvent::Lines(Arc::new(lines))
        })
}
