//! A map that forgets: every entry has an end, and the oldest makes room when it is full.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

/// At most `capacity` entries, each until its own end on the monotonic clock.
#[derive(Debug)]
pub(crate) struct BoundedMap<Key, Value> {
    capacity: usize,
    entries: HashMap<Key, Entry<Value>>,
    /// Keys by the order they came in, each with the number of the insertion that it belongs to.
    order: VecDeque<(u64, Key)>,
    insertions: u64,
}

#[derive(Debug)]
struct Entry<Value> {
    insertion: u64,
    ends_at: Duration,
    value: Value,
}

impl<Key: Clone + Eq + Hash, Value> BoundedMap<Key, Value> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: HashMap::new(),
            order: VecDeque::new(),
            insertions: 0,
        }
    }

    /// The value of `key`, unless its time is over.
    pub(crate) fn get(&self, key: &Key, now: Duration) -> Option<&Value> {
        self.entries
            .get(key)
            .filter(|entry| now < entry.ends_at)
            .map(|entry| &entry.value)
    }

    /// Keeps `value` until `ends_at`; the oldest entry goes when there is no room.
    pub(crate) fn insert(&mut self, key: Key, value: Value, ends_at: Duration) {
        self.entries.remove(&key);
        while self.entries.len() >= self.capacity {
            let Some((insertion, oldest)) = self.order.pop_front() else {
                break;
            };
            self.forget_insertion(insertion, &oldest);
        }
        self.insertions += 1;
        let insertion = self.insertions;
        self.order.push_back((insertion, key.clone()));
        self.entries.insert(
            key,
            Entry {
                insertion,
                ends_at,
                value,
            },
        );
        self.drop_abandoned_order();
    }

    fn forget_insertion(&mut self, insertion: u64, key: &Key) {
        if self
            .entries
            .get(key)
            .is_some_and(|entry| entry.insertion == insertion)
        {
            self.entries.remove(key);
        }
    }

    /// A key inserted again leaves its old place in the order behind: without this the order would grow for ever.
    fn drop_abandoned_order(&mut self) {
        if self.order.len() > self.capacity.saturating_mul(2) {
            let entries = &self.entries;
            self.order.retain(|(insertion, key)| {
                entries
                    .get(key)
                    .is_some_and(|entry| entry.insertion == *insertion)
            });
        }
    }
}
