//! Which processes are alive, as the system tells.

use std::fs;
use std::path::{Path, PathBuf};

/// The processes whose working folder is `folder` or below it, wherever their parents are.
pub fn processes_working_below(folder: &Path) -> Vec<i32> {
    let entries = fs::read_dir("/proc").expect("the system lists its processes");
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            working_folder(*pid).is_some_and(|working_folder| working_folder.starts_with(folder))
        })
        .collect()
}

/// Whether a process runs: a dead one that its parent has not noticed yet does not count.
pub fn is_alive(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// The most memory a process that runs has ever held, in MiB.
pub fn peak_memory_mib(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok());
    kib.expect("the system tells a process's peak of memory in kB") / 1024
}

/// None for one that is gone; a folder that was deleted under it keeps its path.
fn working_folder(pid: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd")).ok()
}
