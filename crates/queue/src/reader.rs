//! Reading doorbells: own pending ones first after a reconnect, then by weighted priority, then waiting.

use deadpool_redis::redis::{Cmd, Value, cmd, pipe};
use gantry_domain::{Doorbell, Priority, QueueName, WorkerId};

use crate::connection::{BLOCK, WaitingConnection};
use crate::doorbell::{MalformedDoorbell, parse};
use crate::entry::read_reply;
use crate::keys::GROUP;
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

/// One stream of doorbells.
#[derive(Debug, Clone)]
struct WorkStream {
    key: String,
    queue: QueueName,
    priority: Priority,
}

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
}

impl Delivery {
    fn is_empty(&self) -> bool {
        self.doorbells.is_empty() && self.malformed.is_empty()
    }
}

/// Reads the doorbells of some queues for one worker, on a connection of its own.
pub struct DoorbellReader {
    queue: Queue,
    streams: Vec<WorkStream>,
    consumer: String,
    connection: Option<WaitingConnection>,
    has_read_pending: bool,
    turn: usize,
}

impl DoorbellReader {
    /// A reader for a worker; connects at its first read.
    pub fn new(queue: &Queue, queues: &[QueueName], worker_id: WorkerId) -> Self {
        let streams = Priority::ALL
            .iter()
            .flat_map(|priority| queues.iter().map(move |name| (name, *priority)))
            .map(|(name, priority)| WorkStream {
                key: queue.keys.work(name, priority),
                queue: name.clone(),
                priority,
            })
            .collect();
        Self {
            queue: queue.clone(),
            streams,
            consumer: worker_id.to_string(),
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
        let mut delivery = Delivery::default();
        for stream in self.in_turn() {
            let wanted = limit.saturating_sub(delivery.doorbells.len());
            if wanted == 0 {
                break;
            }
            let command = self.read_command(&[&stream], wanted, Position::New { waits: false });
            self.take(&command, &mut delivery).await?;
        }
        if delivery.is_empty() {
            let streams: Vec<_> = self.streams.iter().collect();
            let command = self.read_command(&streams, 1, Position::New { waits: true });
            self.take(&command, &mut delivery).await?;
            // A waiting read can bring one doorbell for each stream. Kept, the surplus would wait for room here while
            // other workers have some.
            let surplus = delivery
                .doorbells
                .split_off(limit.min(delivery.doorbells.len()));
            self.hand_on(&surplus).await?;
        }
        Ok(delivery)
    }

    /// What was delivered to this worker before its connection broke; an entry without fields was deleted since.
    async fn read_pending(&mut self, limit: usize) -> Result<Delivery, QueueError> {
        let mut delivery = Delivery::default();
        for stream in self.streams.clone() {
            loop {
                let wanted = limit.saturating_sub(delivery.doorbells.len());
                if wanted == 0 {
                    return Ok(delivery);
                }
                let known = delivery.doorbells.len();
                let command = self.read_command(&[&stream], wanted, Position::Pending);
                let count = self.take(&command, &mut delivery).await?;
                // What was not usable is removed by now, and others may come up behind it.
                if count == delivery.doorbells.len() - known {
                    break;
                }
                delivery.doorbells.truncate(known);
            }
        }
        Ok(delivery)
    }

    /// The streams in the order of this turn.
    fn in_turn(&mut self) -> Vec<WorkStream> {
        let first = TURNS[self.turn % TURNS.len()];
        // Once round for each queue, so that every queue comes first at every priority.
        let rotation = self.turn / TURNS.len() % self.streams.len().max(1);
        self.turn = self.turn.wrapping_add(1);
        let mut streams = self.streams.clone();
        // Rotated first, so that queues of one priority take turns too; the sort keeps their order.
        streams.rotate_left(rotation);
        streams.sort_by_key(|stream| (stream.priority != first, stream.priority));
        streams
    }

    fn read_command(&self, streams: &[&WorkStream], count: usize, position: Position) -> Cmd {
        let mut command = cmd("XREADGROUP");
        command.arg("GROUP").arg(GROUP).arg(&self.consumer);
        command.arg("COUNT").arg(count);
        if let Position::New { waits: true } = position {
            command.arg("BLOCK").arg(BLOCK.as_millis().to_string());
        }
        command.arg("STREAMS");
        for stream in streams {
            command.arg(&stream.key);
        }
        for _ in streams {
            command.arg(match position {
                Position::Pending => "0",
                Position::New { .. } => ">",
            });
        }
        command
    }

    /// Runs a read and sorts what it brings: doorbells to the delivery, everything else out of Redis. Says how many
    /// entries it brought.
    async fn take(&mut self, command: &Cmd, delivery: &mut Delivery) -> Result<usize, QueueError> {
        // Put back only after an answer: a read that fails or is given up leaves nothing that waits in its place.
        let Some(mut connection) = self.connection.take() else {
            return Ok(0);
        };
        let reply: Value = connection.run(command).await?;
        let mut count = 0;
        let mut unusable = Vec::new();
        for read in read_reply(reply) {
            let Some(stream) = self.streams.iter().find(|stream| stream.key == read.key) else {
                continue;
            };
            count += read.entries.len();
            for entry in read.entries {
                if entry.is_deleted() {
                    unusable.push((stream.key.as_str(), entry.id));
                    continue;
                }
                match parse(&entry, &stream.queue, stream.priority) {
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
        let unusable = unusable.iter().map(|(key, id)| (*key, id.as_str()));
        remove(&self.queue, unusable.collect()).await?;
        self.connection = Some(connection);
        Ok(count)
    }

    /// Makes the groups where they are missing, from the stream's first entry on, so that none is skipped.
    async fn create_groups(&self) -> Result<(), QueueError> {
        let mut connection = self.queue.connection().await?;
        for stream in &self.streams {
            let created = cmd("XGROUP")
                .arg("CREATE")
                .arg(&stream.key)
                .arg(GROUP)
                .arg("0")
                .arg("MKSTREAM")
                .query_async::<()>(&mut connection)
                .await;
            match created {
                Err(error) if error.code() == Some("BUSYGROUP") => {}
                created => created?,
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy)]
enum Position {
    /// What was delivered to this worker and not acknowledged.
    Pending,
    /// What was delivered to nobody.
    New {
        /// Whether to wait for it.
        waits: bool,
    },
}

/// Deletes and acknowledges entries of any streams in one pipeline. Not in a transaction, which a Redis whose memory is
/// full refuses; deleted first, so that what a broken connection leaves behind is an empty pending entry, which its
/// reader removes.
pub(crate) async fn remove(queue: &Queue, entries: Vec<(&str, &str)>) -> Result<(), QueueError> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut by_key = std::collections::BTreeMap::<&str, Vec<&str>>::new();
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
