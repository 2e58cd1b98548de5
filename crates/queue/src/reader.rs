//! Reading doorbells: own pending ones first after a reconnect, then by weighted priority and fair shares, then waiting.

use std::collections::{BTreeMap, HashSet};

use deadpool_redis::redis::{Cmd, RedisResult, Script, Value, cmd, pipe};
use gantry_domain::{Doorbell, Priority, QueueName, WorkerId};

use crate::connection::{BLOCK, WaitingConnection};
use crate::doorbell::{MalformedDoorbell, parse};
use crate::entry::{StreamEntries, read_reply};
use crate::keys::GROUP;
use crate::shards::Shards;
use crate::work_stream::{Lane, WorkStreams};
use crate::{Queue, QueueError};

/// Which priority is asked first, turn by turn: high six times in ten, normal three times, low once, so that none
/// starves; the others follow in their order where the first has nothing.
const TURNS: [Priority; 10] = {
    use Priority::{High, Low, Normal};
    [
        High, High, Normal, High, High, Normal, High, High, Normal, Low,
    ]
};

/// How many doorbells are given back at a time.
const GIVE_BACK_PAGE: usize = 500;
/// Delivers in one step, so that what was delivered never exceeds the room for it.
const TAKE: &str = include_str!("reader/take.lua");

/// A doorbell with its place in Redis, to be acknowledged once the job was claimed or found gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The word that a job waits.
    pub doorbell: Doorbell,
    key: String,
    entry_id: String,
}

/// What one read brought.
#[derive(Debug, Default)]
pub struct Delivery {
    /// The doorbells, most urgent first.
    pub doorbells: Vec<Delivered>,
    /// What was wrong with entries that are no doorbells; they are already removed.
    pub malformed: Vec<String>,
    /// How many entries were removed, those among them that were deleted before.
    unusable_count: usize,
}

impl Delivery {
    fn is_empty(&self) -> bool {
        self.doorbells.is_empty() && self.malformed.is_empty()
    }
}

/// Reads the doorbells of some queues for one worker, on a connection of its own.
pub struct DoorbellReader {
    queue: Queue,
    streams: WorkStreams,
    consumer: String,
    take: Script,
    connection: Option<WaitingConnection>,
    has_read_pending: bool,
    turn: usize,
    /// For each lane the shard that comes first in its next turn.
    next_shards: Vec<u8>,
}

impl DoorbellReader {
    /// A reader for a worker; connects at its first read.
    pub fn new(queue: &Queue, queues: &[QueueName], worker_id: WorkerId) -> Self {
        let streams = WorkStreams::new(&queue.keys, queues, queue.shards);
        Self {
            queue: queue.clone(),
            next_shards: vec![0; streams.lanes().count()],
            streams,
            consumer: worker_id.to_string(),
            take: Script::new(TAKE),
            connection: None,
            has_read_pending: false,
            turn: 0,
        }
    }

    /// At most `limit` doorbells; waits up to five seconds for the first and may then bring none. A read that is given
    /// up loses nothing: the next one asks first for what was delivered to it.
    ///
    /// # Errors
    /// Redis cannot be reached. The next call connects anew; wait a little before it.
    pub async fn read(&mut self, limit: usize) -> Result<Delivery, QueueError> {
        match self.read_streams(limit).await {
            Err(error) if error.is_stream_gone() => {
                self.create_groups().await?;
                Ok(Delivery::default())
            }
            read => read,
        }
    }

    /// Removes doorbells that were acted upon, so that neither the stream nor the pending list keeps them.
    ///
    /// # Errors
    /// Redis cannot be reached; then they come again, which is harmless.
    pub async fn acknowledge(&self, delivered: &[Delivered]) -> Result<(), QueueError> {
        let entries = delivered
            .iter()
            .map(|delivered| (delivered.key.as_str(), delivered.entry_id.as_str()));
        remove(&self.queue, entries.collect()).await
    }

    /// Gives back what was delivered and not acted upon, for other workers to take: to be called last, on the way out.
    ///
    /// # Errors
    /// Redis cannot be reached; then the maintenance gives it back once this worker is gone.
    pub async fn give_back(mut self) -> Result<(), QueueError> {
        self.connection = Some(WaitingConnection::open(&self.queue.client).await?);
        loop {
            let unread = self.read_pending(GIVE_BACK_PAGE).await?.doorbells;
            if unread.is_empty() {
                return Ok(());
            }
            self.hand_on(&unread).await?;
        }
    }

    /// Rings anew in place of doorbells that this worker will not act upon.
    async fn hand_on(&self, unread: &[Delivered]) -> Result<(), QueueError> {
        let doorbells: Vec<_> = unread
            .iter()
            .map(|unread| unread.doorbell.clone())
            .collect();
        self.queue.ring(&doorbells).await?;
        self.acknowledge(unread).await
    }

    async fn read_streams(&mut self, limit: usize) -> Result<Delivery, QueueError> {
        if self.connection.is_none() {
            self.has_read_pending = false;
            self.connection = Some(WaitingConnection::open(&self.queue.client).await?);
            self.create_groups().await?;
        }
        if !self.has_read_pending {
            let pending = self.read_pending(limit).await?;
            if !pending.is_empty() {
                return Ok(pending);
            }
            self.has_read_pending = true;
        }
        let mut delivery = match self.queue.shards {
            Shards::All => self.take_in_turn(limit).await?,
            Shards::Of(_) => self.take_of_one_tenant(limit).await?,
        };
        if delivery.is_empty() {
            delivery = self.wait().await?;
            // A waiting read can bring one doorbell for each stream. Kept, the surplus would wait for room here while
            // other workers have some.
            let surplus = delivery
                .doorbells
                .split_off(limit.min(delivery.doorbells.len()));
            if let Err(error) = self.hand_on(&surplus).await {
                // All of it stays pending, and comes first in the next read.
                self.has_read_pending = false;
                return Err(error);
            }
        }
        Ok(delivery)
    }

    /// What nobody was told of, each lane in its turn and each shard of a lane alike.
    async fn take_in_turn(&mut self, limit: usize) -> Result<Delivery, QueueError> {
        let mut invocation = self.take.prepare_invoke();
        for lane in self.lanes_in_turn() {
            for key in lane.keys_from(self.next_shards[lane.number]) {
                invocation.key(key);
            }
        }
        invocation.arg(GROUP).arg(&self.consumer);
        invocation.arg(limit).arg(self.streams.lane_length());
        self.turn = self.turn.wrapping_add(1);
        // Put back only after an answer: a read that fails or is given up leaves nothing that waits in its place.
        let Some(mut connection) = self.connection.take() else {
            return Ok(Delivery::default());
        };
        let reply = connection.run_script(&invocation).await?;
        let delivery = self.accept(read_reply(reply)).await?;
        self.connection = Some(connection);
        self.pass_turns_on(&delivery);
        Ok(delivery)
    }

    /// The same for one tenant, whose doorbells are in one stream of each lane: so there are no shares to be kept, and no
    /// script is needed. A script could hold up everyone in Redis, so machines of tenants' own may run none.
    async fn take_of_one_tenant(&mut self, limit: usize) -> Result<Delivery, QueueError> {
        let lanes = self.lanes_in_turn();
        let keys: Vec<String> = lanes
            .iter()
            .flat_map(|lane| lane.keys_from(0).map(str::to_owned))
            .collect();
        self.turn = self.turn.wrapping_add(1);
        let mut taken = Delivery::default();
        for key in keys {
            let room = limit.saturating_sub(taken.doorbells.len());
            if room == 0 {
                break;
            }
            let mut command = cmd("XREADGROUP");
            command.arg("GROUP").arg(GROUP).arg(&self.consumer);
            command
                .arg("COUNT")
                .arg(room)
                .arg("STREAMS")
                .arg(key)
                .arg(">");
            let delivery = self.run(&command).await?;
            taken.doorbells.extend(delivery.doorbells);
            taken.malformed.extend(delivery.malformed);
        }
        Ok(taken)
    }

    /// The lanes in the order of this turn.
    fn lanes_in_turn(&self) -> Vec<Lane<'_>> {
        let mut lanes: Vec<_> = self.streams.lanes().collect();
        let first = TURNS[self.turn % TURNS.len()];
        // Once round for each lane, so that every queue comes first at every priority.
        lanes.rotate_left(self.turn / TURNS.len() % self.next_shards.len().max(1));
        // Rotated first, so that queues of one priority take turns too; the sort keeps their order.
        lanes.sort_by_key(|lane| (lane.priority != first, lane.priority));
        lanes
    }

    /// In the next turn the shard after the last one that had its share comes first.
    fn pass_turns_on(&mut self, delivery: &Delivery) {
        let mut served = HashSet::new();
        for delivered in &delivery.doorbells {
            if let Some(lane) = self.streams.lane_of(&delivered.key)
                && served.insert(delivered.key.as_str())
            {
                self.next_shards[lane] = delivered.doorbell.shard.number() + 1;
            }
        }
    }

    /// Waits for the first doorbell of any stream.
    async fn wait(&mut self) -> Result<Delivery, QueueError> {
        self.run(&self.read_command(1, Position::New)).await
    }

    /// What was delivered to this worker before its connection broke; an entry without fields was deleted since.
    async fn read_pending(&mut self, limit: usize) -> Result<Delivery, QueueError> {
        let mut delivery = Delivery::default();
        loop {
            let command = self.read_command(limit, Position::Pending);
            let read = self.run(&command).await?;
            delivery.malformed.extend(read.malformed);
            delivery.doorbells = read.doorbells;
            delivery.doorbells.truncate(limit);
            // What was not usable is removed by now, and others may come up behind it.
            if !delivery.doorbells.is_empty() || read.unusable_count == 0 {
                return Ok(delivery);
            }
        }
    }

    /// A read of all streams, which brings at most `count` entries of each.
    fn read_command(&self, count: usize, position: Position) -> Cmd {
        let mut command = cmd("XREADGROUP");
        command.arg("GROUP").arg(GROUP).arg(&self.consumer);
        command.arg("COUNT").arg(count);
        if position == Position::New {
            command.arg("BLOCK").arg(BLOCK.as_millis().to_string());
        }
        command.arg("STREAMS");
        for key in self.streams.keys() {
            command.arg(key);
        }
        for _ in 0..self.streams.len() {
            command.arg(match position {
                Position::Pending => "0",
                Position::New => ">",
            });
        }
        command
    }

    async fn run(&mut self, command: &Cmd) -> Result<Delivery, QueueError> {
        // Put back only after an answer: a read that fails or is given up leaves nothing that waits in its place.
        let Some(mut connection) = self.connection.take() else {
            return Ok(Delivery::default());
        };
        let reply: Value = connection.run(command).await?;
        let delivery = self.accept(read_reply(reply)).await?;
        self.connection = Some(connection);
        Ok(delivery)
    }

    /// Sorts what a read brought: doorbells to the delivery, everything else out of Redis.
    async fn accept(&self, read: Vec<StreamEntries>) -> Result<Delivery, QueueError> {
        let mut delivery = Delivery::default();
        let mut unusable = Vec::new();
        for StreamEntries { key, entries } in read {
            let Some(stream) = self.streams.by_key(&key) else {
                continue;
            };
            for entry in entries {
                if entry.is_deleted() {
                    unusable.push((stream.key.as_str(), entry.id));
                    continue;
                }
                match parse(&entry, stream) {
                    Ok(doorbell) => delivery.doorbells.push(Delivered {
                        doorbell,
                        key: stream.key.clone(),
                        entry_id: entry.id,
                    }),
                    Err(MalformedDoorbell(reason)) => {
                        delivery
                            .malformed
                            .push(format!("{} {}: {reason}", stream.key, entry.id));
                        unusable.push((stream.key.as_str(), entry.id));
                    }
                }
            }
        }
        delivery.unusable_count = unusable.len();
        let unusable = unusable.iter().map(|(key, id)| (*key, id.as_str()));
        remove(&self.queue, unusable.collect()).await?;
        Ok(delivery)
    }

    /// Makes the groups where they are missing, from the stream's first entry on, so that none is skipped.
    async fn create_groups(&self) -> Result<(), QueueError> {
        let mut pipeline = pipe();
        for key in self.streams.keys() {
            pipeline
                .cmd("XGROUP")
                .arg("CREATE")
                .arg(key)
                .arg(GROUP)
                .arg("0")
                .arg("MKSTREAM");
        }
        let mut connection = self.queue.connection().await?;
        let created: Vec<RedisResult<Value>> = pipeline
            .ignore_errors()
            .query_async(&mut connection)
            .await?;
        for error in created.into_iter().filter_map(Result::err) {
            if error.code() != Some("BUSYGROUP") {
                return Err(error.into());
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// What was delivered to this worker and not acknowledged.
    Pending,
    /// What was delivered to nobody, or comes within the time of a wait.
    New,
}

/// Deletes and acknowledges entries of any streams in one pipeline. Not in a transaction, which a Redis whose memory is
/// full refuses; deleted first, so that what a broken connection leaves behind is an empty pending entry, which its
/// reader removes.
pub(crate) async fn remove(queue: &Queue, entries: Vec<(&str, &str)>) -> Result<(), QueueError> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut by_key = BTreeMap::<&str, Vec<&str>>::new();
    for (key, id) in entries {
        by_key.entry(key).or_default().push(id);
    }
    let mut pipeline = pipe();
    for (key, ids) in by_key {
        pipeline.cmd("XDEL").arg(key).arg(&ids).ignore();
        pipeline.cmd("XACK").arg(key).arg(GROUP).arg(&ids).ignore();
    }
    let mut connection = queue.connection().await?;
    pipeline.query_async::<()>(&mut connection).await?;
    Ok(())
}
