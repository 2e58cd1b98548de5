//! Runs code under telemetry and returns the lines it wrote.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use gantry_settings::{AppEnvironment, TelemetrySettings, WorkerServiceSettings, parse};
use gantry_telemetry::subscriber;
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

/// The name under which the tests log.
pub const SERVICE: &str = "gantry-test";

/// Telemetry settings from flags.
pub fn settings(flags: &[&str]) -> TelemetrySettings {
    let required = [
        "--database-url=postgres://127.0.0.1/gantry",
        "--redis-url=redis://127.0.0.1",
    ];
    let arguments = required.iter().chain(flags).map(Into::into);
    parse::<WorkerServiceSettings>("gantry-test", arguments, |_| None)
        .expect("the flags are usable")
        .telemetry
}

/// Runs `code` under telemetry set up by `flags`, flushes, and returns what was logged.
pub fn text_logged(flags: &[&str], code: impl FnOnce()) -> String {
    let buffer = Buffer::default();
    let (subscriber, guard) = subscriber(
        SERVICE,
        AppEnvironment::Production,
        &settings(flags),
        buffer.clone(),
    )
    .expect("the settings are usable");
    tracing::subscriber::with_default(subscriber, || {
        code();
        drop(guard);
    });
    buffer.text()
}

/// Like [`text_logged`], each line parsed as JSON.
pub fn lines_logged(flags: &[&str], code: impl FnOnce()) -> Vec<Value> {
    text_logged(flags, code)
        .lines()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect()
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        let bytes = self.0.lock().expect("no writer panicked").clone();
        String::from_utf8(bytes).expect("logs are UTF-8")
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'writer> MakeWriter<'writer> for Buffer {
    type Writer = Self;

    fn make_writer(&'writer self) -> Self {
        self.clone()
    }
}
