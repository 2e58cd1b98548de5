//! `gantry dev`: a stack for daily use.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use gantry_client::{Client, JobFilter, Submission};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tempfile::TempDir;

/// A running `gantry dev`, ended with this value at the latest.
struct Dev {
    process: Child,
    /// Held open, because a reader that goes away ends `gantry dev` too.
    _standard_output: BufReader<ChildStdout>,
    url: String,
}

impl Dev {
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_gantry"))
            .args(["dev", "--port", "0", "--folder"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gantry starts");
        let standard_output = process.stdout.take().expect("it is piped");
        let mut standard_output = BufReader::new(standard_output);
        let url = standard_output
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                line.trim()
                    .strip_prefix("export GANTRY_URL=")
                    .map(str::to_owned)
            });
        match url {
            Some(url) => Self {
                process,
                _standard_output: standard_output,
                url,
            },
            None => panic!("gantry dev did not start: {}", end_of(&mut process).1),
        }
    }

    fn client(&self) -> Client {
        let client = Client::builder(&self.url).development_user("developer");
        client.expect("a name").build().expect("a client")
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.id()).expect("a process number");
        kill(Pid::from_raw(pid), signal).expect("gantry runs");
    }

    /// How it ended and what it said on standard error.
    fn end(&mut self) -> (Option<i32>, String) {
        end_of(&mut self.process)
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It has ended already unless a test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn end_of(process: &mut Child) -> (Option<i32>, String) {
    let mut said = String::new();
    let mut standard_error = process.stderr.take().expect("it is piped");
    standard_error.read_to_string(&mut said).expect("UTF-8");
    (process.wait().expect("it was started").code(), said)
}

/// A folder that the account PostgreSQL runs as can enter too.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).expect("its owner may");
    folder
}

fn ping() -> Submission {
    Submission::new("system.ping".parse().expect("a kind"), json!({}))
}

#[tokio::test]
async fn a_stack_for_daily_use_keeps_its_jobs_and_ends_when_asked() {
    let folder = folder();
    let mut first = Dev::start(folder.path());
    let submitted = first.client().submit(&ping()).await.expect("a job");
    first.signal(Signal::SIGINT);
    let (status, said) = first.end();
    assert_eq!(status, Some(0), "{said}");

    let mut second = Dev::start(folder.path());
    let page = second.client().jobs(&JobFilter::default()).await;
    let kept = page.expect("the jobs").items.remove(0);
    assert_eq!(kept.id, submitted.summary.id);
    second.signal(Signal::SIGTERM);
    assert_eq!(second.end().0, Some(0));
}

#[tokio::test]
async fn a_folder_in_use_is_refused_with_its_user() {
    let folder = folder();
    let first = Dev::start(folder.path());
    let refused = Command::new(env!("CARGO_BIN_EXE_gantry"))
        .args(["dev", "--port", "0", "--folder"])
        .arg(folder.path())
        .output()
        .expect("gantry starts");
    assert_eq!(refused.status.code(), Some(4));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains(&format!("in use by process {}", first.process.id())),
        "{said}"
    );
}

#[tokio::test]
async fn a_worker_that_dies_ends_the_stack_and_its_log_is_named() {
    the_death_of("gantry-worker", "worker-1");
}

#[tokio::test]
async fn a_database_that_dies_ends_the_stack_and_its_log_is_named() {
    the_death_of("postgres", "postgres");
}

#[tokio::test]
async fn a_redis_that_dies_ends_the_stack_and_its_log_is_named() {
    the_death_of("redis-server", "redis");
}

fn the_death_of(program: &str, name: &str) {
    let folder = folder();
    let mut dev = Dev::start(folder.path());
    kill(process_of(&dev, program), Signal::SIGKILL).expect("it runs");
    let (status, said) = dev.end();
    assert_eq!(status, Some(4));
    assert!(
        said.contains(&format!("{name} ended unexpectedly")),
        "{said}"
    );
    assert!(said.contains(&format!("{name}.log")), "{said}");
}

/// The only process of `program` among those that `gantry dev` started.
fn process_of(dev: &Dev, program: &str) -> Pid {
    let name = format!("Name:\t{program}\n");
    let parent = format!("PPid:\t{}\n", dev.process.id());
    fs::read_dir("/proc")
        .expect("the system's processes")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .find(|pid: &i32| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            status.starts_with(&name) && status.contains(&parent)
        })
        .map(Pid::from_raw)
        .expect("it runs")
}
