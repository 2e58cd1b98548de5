//! Finds every process that descends from a given one, whatever group or session it has moved to.

use std::{collections::HashMap, fs, io};

use nix::unistd::Pid;

/// The living descendants of `ancestor` at this moment. A process that is being started may be missed; ask again.
pub(super) fn descendants_of(ancestor: Pid) -> io::Result<Vec<Pid>> {
    let children = children_by_parent()?;
    let mut found = Vec::new();
    let mut unvisited = vec![ancestor];
    while let Some(parent) = unvisited.pop() {
        for child in children.get(&parent).into_iter().flatten() {
            found.push(*child);
            unvisited.push(*child);
        }
    }
    Ok(found)
}

fn children_by_parent() -> io::Result<HashMap<Pid, Vec<Pid>>> {
    let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(process) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // A process may be gone by now; then it needs no killing.
        let Ok(status) = fs::read(entry.path().join("stat")) else {
            continue;
        };
        if let Some(parent) = parent_in_status(&status) {
            children
                .entry(parent)
                .or_default()
                .push(Pid::from_raw(process));
        }
    }
    Ok(children)
}

/// `pid (name) state parent …`, where the name may hold spaces, parentheses and any byte.
fn parent_in_status(status: &[u8]) -> Option<Pid> {
    let end_of_name = status.iter().rposition(|byte| *byte == b')')?;
    let fields = std::str::from_utf8(&status[end_of_name + 1..]).ok()?;
    fields
        .split_ascii_whitespace()
        .nth(1)?
        .parse()
        .ok()
        .map(Pid::from_raw)
}
