//! The event stream format of the HTML standard (`text/event-stream`), read as its bytes arrive.

use bytes::{Buf, BytesMut};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One event.
///
/// Ids and retry times are left aside: Gantry's events carry their place in their data, and the follower of a log
/// decides by itself when to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened; `message` when the stream names nothing.
    pub name: String,
    /// The data lines, joined by line feeds.
    pub data: String,
}

/// An event that is larger than the reader allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than {limit_bytes} bytes")]
pub struct EventTooLarge {
    /// The limit.
    pub limit_bytes: usize,
}

/// Reads events from chunks of bytes that may be cut anywhere.
#[derive(Debug)]
pub struct EventReader {
    limit_bytes: usize,
    /// Bytes received and not yet read as lines.
    received: BytesMut,
    /// How many of them are known to hold no line end.
    searched: usize,
    /// A carriage return ended the last line: a line feed that follows belongs to it.
    after_carriage_return: bool,
    at_start: bool,
    name: String,
    data: Option<String>,
}

impl EventReader {
    /// A reader at the start of a stream whose events and lines may have `limit_bytes` at most.
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            received: BytesMut::new(),
            searched: 0,
            after_carriage_return: false,
            at_start: true,
            name: String::new(),
            data: None,
        }
    }

    /// Takes the next bytes of the stream. Call [`Self::next_event`] until it gives `None` before taking more.
    pub fn receive(&mut self, chunk: &[u8]) {
        self.received.extend_from_slice(chunk);
    }

    /// The next event that has arrived completely, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// [`EventTooLarge`]; the stream cannot be read on after it.
    pub fn next_event(&mut self) -> Result<Option<Event>, EventTooLarge> {
        while let Some(line) = self.next_line() {
            if line.is_empty() {
                if let Some(event) = self.complete_event() {
                    return Ok(Some(event));
                }
            } else {
                self.read_field(&line);
                self.check_size(self.data.as_ref().map_or(0, String::len))?;
            }
        }
        self.check_size(self.received.len())?;
        Ok(None)
    }

    fn check_size(&self, size_bytes: usize) -> Result<(), EventTooLarge> {
        if size_bytes > self.limit_bytes {
            return Err(EventTooLarge {
                limit_bytes: self.limit_bytes,
            });
        }
        Ok(())
    }

    /// The next complete line without its end, which is CR LF, LF or CR.
    fn next_line(&mut self) -> Option<BytesMut> {
        if self.after_carriage_return && !self.received.is_empty() {
            self.after_carriage_return = false;
            if self.received.starts_with(b"\n") {
                self.received.advance(1);
            }
        }
        let unsearched = &self.received[self.searched..];
        let Some(offset) = unsearched
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
        else {
            self.searched = self.received.len();
            return None;
        };
        let length = self.searched + offset;
        self.after_carriage_return = self.received[length] == b'\r';
        let mut line = self.received.split_to(length);
        self.received.advance(1);
        self.searched = 0;
        if std::mem::take(&mut self.at_start) && line.starts_with(BYTE_ORDER_MARK) {
            line.advance(BYTE_ORDER_MARK.len());
        }
        Some(line)
    }

    fn read_field(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // An empty name marks a comment; other fields mean nothing here.
            _ => {}
        }
    }

    /// What an empty line completes: nothing, unless there was data.
    fn complete_event(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        let data = self.data.take()?;
        Some(Event {
            name: if name.is_empty() {
                "message".to_owned()
            } else {
                name
            },
            data,
        })
    }
}
