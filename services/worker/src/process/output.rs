//! Turns what a program writes into lines, in constant memory whatever it writes.

use std::os::fd::AsFd;

use gantry_domain::{LOG_LINE_LIMIT_BYTES, LogStream};
use nix::{errno::Errno, unistd::read};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

/// Read from a pipe at once.
const READ_SIZE_BYTES: usize = 16 * 1024;

/// What a pipe can hold at most on Linux, and so what can still be in it when its writers are gone.
const PIPE_CAPACITY_LIMIT_BYTES: usize = 1024 * 1024;

/// Kept of a line beyond the limit, so that a character cut in two there is recognised.
const LONGEST_CHARACTER_BYTES: usize = 4;

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl From<OutputStream> for LogStream {
    fn from(stream: OutputStream) -> Self {
        match stream {
            OutputStream::Stdout => Self::Stdout,
            OutputStream::Stderr => Self::Stderr,
        }
    }
}

/// One line of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputLine {
    /// Where it was written. Lines of one stream are in order; the two streams are not ordered between them.
    pub stream: OutputStream,
    /// Without its line end and at most [`LOG_LINE_LIMIT_BYTES`] long. Invalid UTF-8 is replaced by U+FFFD, and control
    /// characters except the tab by their pictures (NUL by U+2400, escape by U+241B).
    pub text: String,
    /// Whether the line was longer.
    pub truncated: bool,
}

/// Cuts a stream of bytes into lines.
#[derive(Debug)]
pub struct LineSplitter {
    stream: OutputStream,
    line: Vec<u8>,
    /// Whether bytes of the line were discarded.
    overflowed: bool,
}

impl LineSplitter {
    const KEPT_BYTES: usize = LOG_LINE_LIMIT_BYTES + LONGEST_CHARACTER_BYTES;

    /// At the beginning of a line.
    pub fn new(stream: OutputStream) -> Self {
        Self {
            stream,
            line: Vec::new(),
            overflowed: false,
        }
    }

    /// Consumes `bytes` up to the next line end and returns the line, or consumes all of them and returns nothing.
    pub fn take_line(&mut self, bytes: &mut &[u8]) -> Option<OutputLine> {
        let line_end = bytes.iter().position(|byte| *byte == b'\n');
        self.keep(&bytes[..line_end.unwrap_or(bytes.len())]);
        *bytes = &bytes[line_end.map_or(bytes.len(), |end| end + 1)..];
        line_end.map(|_| self.end_line())
    }

    /// The last line, if the stream did not end in a line end.
    pub fn finish(mut self) -> Option<OutputLine> {
        (!self.line.is_empty()).then(|| self.end_line())
    }

    fn keep(&mut self, bytes: &[u8]) {
        let kept = bytes.len().min(Self::KEPT_BYTES - self.line.len());
        self.line.extend_from_slice(&bytes[..kept]);
        self.overflowed |= kept < bytes.len();
    }

    fn end_line(&mut self) -> OutputLine {
        if !self.overflowed && self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        let mut text: String = String::from_utf8_lossy(&self.line)
            .chars()
            .map(visible)
            .collect();
        let kept = text.floor_char_boundary(LOG_LINE_LIMIT_BYTES);
        let truncated = self.overflowed || kept < text.len();
        text.truncate(kept);
        self.line.clear();
        self.overflowed = false;
        OutputLine {
            stream: self.stream,
            text,
            truncated,
        }
    }
}

/// Control characters could play tricks on the terminal of whoever reads the log.
fn visible(character: char) -> char {
    const CONTROL_PICTURES: u32 = 0x2400;
    const DELETE_PICTURE: char = '\u{2421}';
    match character {
        '\t' => '\t',
        '\0'..='\x1f' => char::from_u32(CONTROL_PICTURES + u32::from(character))
            .unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => DELETE_PICTURE,
        '\u{80}'..='\u{9f}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

/// Sends the lines of a pipe until it ends, or until its writers are gone and what they left in it has been read:
/// a process outside the run that still holds the pipe must not keep the run from ending. A receiver that is slow
/// makes the program wait; lines that nobody receives are discarded.
pub(super) async fn send_lines(
    stream: OutputStream,
    mut pipe: impl AsyncRead + AsFd + Unpin,
    lines: mpsc::Sender<OutputLine>,
    writers_gone: CancellationToken,
) {
    let mut splitter = LineSplitter::new(stream);
    let mut buffer = vec![0; READ_SIZE_BYTES];
    while let Some(Ok(size @ 1..)) = writers_gone
        .run_until_cancelled(pipe.read(&mut buffer))
        .await
    {
        send_each(&mut splitter, &buffer[..size], &lines).await;
    }
    if writers_gone.is_cancelled() {
        send_what_is_left(&mut splitter, &mut buffer, &pipe, &lines).await;
    }
    if let Some(line) = splitter.finish() {
        let _ = lines.send(line).await;
    }
}

async fn send_each(
    splitter: &mut LineSplitter,
    mut bytes: &[u8],
    lines: &mpsc::Sender<OutputLine>,
) {
    while let Some(line) = splitter.take_line(&mut bytes) {
        // Discarded when nobody listens any more.
        let _ = lines.send(line).await;
    }
}

/// The pipe does not block, so that reading it ends when it is empty.
async fn send_what_is_left(
    splitter: &mut LineSplitter,
    buffer: &mut [u8],
    pipe: &impl AsFd,
    lines: &mpsc::Sender<OutputLine>,
) {
    let mut left_bytes = PIPE_CAPACITY_LIMIT_BYTES;
    while left_bytes > 0 {
        match read(pipe, buffer) {
            Ok(size @ 1..) => {
                left_bytes = left_bytes.saturating_sub(size);
                send_each(splitter, &buffer[..size], lines).await;
            }
            Err(Errno::EINTR) => {}
            Ok(0) | Err(_) => return,
        }
    }
}
