//! The streams of doorbells that one worker reads.

use std::collections::HashMap;

use gantry_domain::{Priority, QueueName, TenantShard};

use crate::keys::Keys;
use crate::shards::Shards;

/// One stream of doorbells.
#[derive(Debug, Clone)]
pub(crate) struct WorkStream {
    pub(crate) key: String,
    pub(crate) queue: QueueName,
    pub(crate) priority: Priority,
    pub(crate) shard: TenantShard,
}

/// The streams of doorbells that one worker reads, in lanes: the shards of one queue at one priority.
#[derive(Debug)]
pub(crate) struct WorkStreams {
    /// Lane by lane, the most urgent lanes first.
    streams: Vec<WorkStream>,
    lane_length: usize,
    by_key: HashMap<String, usize>,
}

/// The shards of one queue at one priority, the one whose turn it is first.
pub(crate) struct Lane<'a> {
    pub(crate) number: usize,
    pub(crate) priority: Priority,
    streams: &'a [WorkStream],
}

impl WorkStreams {
    pub(crate) fn new(keys: &Keys, queues: &[QueueName], shards: Shards) -> Self {
        let lanes = Priority::ALL
            .iter()
            .flat_map(|priority| queues.iter().map(move |queue| (queue, *priority)));
        let streams: Vec<_> = lanes
            .flat_map(|(queue, priority)| {
                shards.iter().map(move |shard| WorkStream {
                    key: keys.work(queue, priority, shard),
                    queue: queue.clone(),
                    priority,
                    shard,
                })
            })
            .collect();
        let keys = streams.iter().enumerate();
        Self {
            by_key: keys
                .map(|(place, stream)| (stream.key.clone(), place))
                .collect(),
            lane_length: shards.count(),
            streams,
        }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.streams.iter().map(|stream| stream.key.as_str())
    }

    pub(crate) fn len(&self) -> usize {
        self.streams.len()
    }

    pub(crate) fn by_key(&self, key: &str) -> Option<&WorkStream> {
        self.by_key.get(key).map(|place| &self.streams[*place])
    }

    /// How many streams a lane has.
    pub(crate) const fn lane_length(&self) -> usize {
        self.lane_length
    }

    /// Which lane a stream belongs to.
    pub(crate) fn lane_of(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).map(|place| place / self.lane_length)
    }

    /// The lanes, the most urgent first.
    pub(crate) fn lanes(&self) -> impl Iterator<Item = Lane<'_>> {
        let lanes = self.streams.chunks_exact(self.lane_length).enumerate();
        lanes.map(|(number, streams)| Lane {
            number,
            priority: streams[0].priority,
            streams,
        })
    }
}

impl<'a> Lane<'a> {
    /// The keys of the streams, from shard `first` on and round.
    pub(crate) fn keys_from(&self, first: u8) -> impl Iterator<Item = &'a str> {
        let (before, after) = self
            .streams
            .split_at(usize::from(first) % self.streams.len());
        after.iter().chain(before).map(|stream| stream.key.as_str())
    }
}
