//! What processes cost, as the kernel counts it in `/proc`.

use std::collections::HashMap;
use std::fs;

use anyhow::Context;

/// Clock ticks in a second, which Linux fixes at 100 for everything it shows to programs.
const TICKS_PER_SECOND: f64 = 100.0;
const KIB_PER_MIB: f64 = 1024.0;

/// Seconds of processor time that a process and all its descendants have used, those that ended included.
///
/// # Errors
/// The process is gone.
pub fn cpu_seconds(root: i32) -> anyhow::Result<f64> {
    let statuses = statuses();
    statuses.get(&root).context("the process has ended")?;
    let mut ticks = 0;
    let mut family = vec![root];
    while let Some(pid) = family.pop() {
        let Some(status) = statuses.get(&pid) else {
            continue;
        };
        ticks += status.own_ticks + status.reaped_ticks;
        family.extend(
            statuses
                .iter()
                .filter(|(_, other)| other.parent == pid)
                .map(|(child, _)| *child),
        );
    }
    #[expect(clippy::cast_precision_loss, reason = "ticks stay far below 2^52")]
    Ok(ticks as f64 / TICKS_PER_SECOND)
}

/// Memory that a process holds now, in MiB.
///
/// # Errors
/// The process is gone.
pub fn resident_mib(pid: i32) -> anyhow::Result<f64> {
    memory_mib(pid, "VmRSS:")
}

/// The most memory that a process ever held, in MiB.
///
/// # Errors
/// The process is gone.
pub fn peak_mib(pid: i32) -> anyhow::Result<f64> {
    memory_mib(pid, "VmHWM:")
}

fn memory_mib(pid: i32, field: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.split_whitespace().next());
    let kib: f64 = kib.context("the kernel shows no memory")?.parse()?;
    Ok(kib / KIB_PER_MIB)
}

struct Status {
    parent: i32,
    own_ticks: u64,
    reaped_ticks: u64,
}

fn statuses() -> HashMap<i32, Status> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    folders
        .filter_map(|folder| {
            let pid = folder.file_name().to_str()?.parse().ok()?;
            let text = fs::read_to_string(folder.path().join("stat")).ok()?;
            Some((pid, status(&text)?))
        })
        .collect()
}

/// Reads a line of `/proc/PID/stat`; what follows the name in parentheses is numbered from the state on.
fn status(text: &str) -> Option<Status> {
    let (_, after_name) = text.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Status {
        parent: fields.get(1)?.parse().ok()?,
        own_ticks: ticks(11)? + ticks(12)?,
        reaped_ticks: ticks(13)? + ticks(14)?,
    })
}
