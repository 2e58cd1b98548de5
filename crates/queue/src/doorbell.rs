//! A doorbell as the fields of a stream entry.

use std::str::FromStr;

use deadpool_redis::redis::{Cmd, cmd};
use gantry_domain::Doorbell;

use crate::entry::Entry;
use crate::work_stream::WorkStream;

/// The version of the fields; a reader leaves alone what it does not know and refuses another version.
const VERSION: &str = "1";

/// An entry that is no doorbell of this version, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MalformedDoorbell(pub(crate) String);

/// The command that rings.
pub(crate) fn ring_command(key: &str, doorbell: &Doorbell) -> Cmd {
    let mut command = cmd("XADD");
    command
        .arg(key)
        .arg("*")
        .arg("v")
        .arg(VERSION)
        .arg("job")
        .arg(doorbell.job_id.to_string())
        .arg("dispatch")
        .arg(doorbell.dispatch);
    if let Some(traceparent) = &doorbell.traceparent {
        command.arg("traceparent").arg(traceparent);
    }
    command
}

/// Reads the fields of an entry of a stream.
pub(crate) fn parse(entry: &Entry, stream: &WorkStream) -> Result<Doorbell, MalformedDoorbell> {
    let version: String = required(entry, "v")?;
    if version != VERSION {
        return Err(MalformedDoorbell(format!("version {version:.16}")));
    }
    let dispatch: u32 = required(entry, "dispatch")?;
    if i32::try_from(dispatch).is_err() {
        return Err(MalformedDoorbell("dispatch out of range".to_owned()));
    }
    Ok(Doorbell {
        job_id: required(entry, "job")?,
        dispatch,
        queue: stream.queue.clone(),
        priority: stream.priority,
        shard: stream.shard,
        traceparent: entry.text("traceparent").map(str::to_owned),
    })
}

fn required<T: FromStr>(entry: &Entry, name: &str) -> Result<T, MalformedDoorbell> {
    entry
        .text(name)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| MalformedDoorbell(format!("field {name} missing or unreadable")))
}
