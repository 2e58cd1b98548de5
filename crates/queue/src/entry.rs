//! Entries of streams, taken apart one by one so that none can make the others unreadable.

use deadpool_redis::redis::Value;

/// One entry of a stream. Whoever can reach Redis can write any bytes into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its id, as Redis wrote it.
    pub(crate) id: String,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// A field's text, if it is there and is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self
            .fields
            .iter()
            .find(|(field, _)| field == name.as_bytes())?;
        std::str::from_utf8(value).ok()
    }

    /// Whether it was deleted after it had been delivered; then only its id is left.
    pub(crate) fn is_deleted(&self) -> bool {
        self.fields.is_empty()
    }
}

/// The entries of one stream that a read brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamEntries {
    /// The stream's key.
    pub(crate) key: String,
    /// Its entries, oldest first.
    pub(crate) entries: Vec<Entry>,
}

/// The answer to XREAD and XREADGROUP; nothing when the wait was in vain.
pub(crate) fn read_reply(reply: Value) -> Vec<StreamEntries> {
    let streams = match reply {
        Value::Map(streams) => streams,
        reply => items(reply)
            .into_iter()
            .filter_map(|stream| pair(items(stream)))
            .collect(),
    };
    streams
        .into_iter()
        .filter_map(|(key, entries)| {
            Some(StreamEntries {
                key: text(key)?,
                entries: range_reply(entries),
            })
        })
        .collect()
}

/// The answer to XRANGE and XREVRANGE.
pub(crate) fn range_reply(reply: Value) -> Vec<Entry> {
    items(reply)
        .into_iter()
        .filter_map(|entry| pair(items(entry)))
        .filter_map(|(id, fields)| {
            Some(Entry {
                id: text(id)?,
                fields: pairs(fields),
            })
        })
        .collect()
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

fn pair(items: Vec<Value>) -> Option<(Value, Value)> {
    let mut items = items.into_iter();
    Some((items.next()?, items.next()?))
}

fn pairs(fields: Value) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut fields = items(fields).into_iter();
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
        if let (Value::BulkString(name), Value::BulkString(value)) = (name, value) {
            pairs.push((name, value));
        }
    }
    pairs
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}
