//! However the owner of private servers ends, the servers end with it and temporary data goes away.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gantry_devkit::{Error, Folder};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const LIMIT: Duration = Duration::from_secs(30);

/// A process that owns a private PostgreSQL and Redis.
struct Owner {
    process: Child,
    folder: PathBuf,
    /// Addresses the servers listen on.
    listening: Vec<String>,
}

impl Owner {
    fn start(folder: Option<&Path>) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_gantry-private-servers"))
            .args(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the owner starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut value = || {
            let line = lines
                .next()
                .expect("the owner prints three lines")
                .expect("readable");
            line.split_once('=').expect("NAME=value").1.to_owned()
        };
        let folder = PathBuf::from(value());
        let listening = [value(), value()].map(|url| address(&url)).to_vec();
        Self {
            process,
            folder,
            listening,
        }
    }

    fn end_by(&mut self, signal: Signal) {
        let pid = i32::try_from(self.process.id()).expect("process numbers fit i32");
        kill(Pid::from_raw(pid), signal).expect("the owner runs");
        self.process.wait().expect("the owner ends");
    }

    fn servers_are_gone(&self) -> bool {
        self.listening
            .iter()
            .all(|address| TcpStream::connect(address).is_err())
    }
}

/// The `host:port` of a URL.
fn address(url: &str) -> String {
    let (_, after_password) = url.rsplit_once('@').expect("a URL with a password");
    after_password
        .split('/')
        .next()
        .expect("split gives at least one part")
        .to_owned()
}

fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !condition() {
        assert!(Instant::now() < deadline, "still waiting: {what}");
        thread::yield_now();
    }
}

fn ends_with_its_owner(signal: Signal) {
    let mut owner = Owner::start(None);
    assert!(
        owner
            .listening
            .iter()
            .all(|address| TcpStream::connect(address).is_ok())
    );
    assert!(owner.folder.is_dir());

    owner.end_by(signal);

    eventually("the servers end", || owner.servers_are_gone());
    eventually("the temporary folder is removed", || !owner.folder.exists());
}

#[test]
fn servers_and_temporary_data_go_away_when_the_owner_is_killed() {
    ends_with_its_owner(Signal::SIGKILL);
}

#[test]
fn servers_and_temporary_data_go_away_when_the_owner_is_terminated() {
    ends_with_its_owner(Signal::SIGTERM);
}

#[test]
fn a_database_that_was_still_being_made_goes_away_as_well() {
    let place = Folder::temporary().unwrap();
    let temporary = place.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o711)).unwrap();
    let mut owner = Command::new(env!("CARGO_BIN_EXE_gantry-private-servers"))
        .env("TMPDIR", &temporary)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let made = || fs::read_dir(&temporary).unwrap().flatten();
    eventually("the database is being made", || {
        made().any(|folder| folder.path().join("postgres.unfinished/base").exists())
    });

    owner.kill().unwrap();
    owner.wait().unwrap();

    eventually("the temporary folder is removed", || made().count() == 0);
}

#[test]
fn an_option_is_no_folder() {
    let refused = Command::new(env!("CARGO_BIN_EXE_gantry-private-servers"))
        .arg("--help")
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(!Path::new("--help").exists());
}

#[test]
fn frozen_servers_go_away_as_well() {
    let mut owner = Owner::start(None);
    let lock = fs::read_to_string(owner.folder.join("postgres/postmaster.pid")).unwrap();
    let postmaster = lock.lines().next().unwrap().parse().unwrap();
    kill(Pid::from_raw(postmaster), Signal::SIGSTOP).unwrap();

    owner.end_by(Signal::SIGKILL);

    eventually("the servers end", || owner.servers_are_gone());
    eventually("the temporary folder is removed", || !owner.folder.exists());
}

#[test]
fn a_named_folder_can_be_used_again_at_once_after_its_owner_was_killed() {
    let place = Folder::temporary().unwrap();
    let folder = place.path().join("daily");
    Owner::start(Some(&folder)).end_by(Signal::SIGKILL);

    let mut next = Owner::start(Some(&folder));

    assert!(
        next.listening
            .iter()
            .all(|address| TcpStream::connect(address).is_ok())
    );
    next.end_by(Signal::SIGKILL);
    eventually("the servers end", || next.servers_are_gone());
    assert!(
        folder.join("postgres/PG_VERSION").is_file(),
        "named data stays"
    );
}

#[test]
fn a_second_owner_of_the_same_folder_is_told_who_has_it() {
    let place = Folder::temporary().unwrap();
    let path = place.path().join("daily");
    let mut owner = Owner::start(Some(&path));

    let refused = Folder::named(&path).unwrap_err();

    let first = i32::try_from(owner.process.id()).unwrap();
    assert!(
        matches!(refused, Error::FolderInUse { pid, .. } if pid == first),
        "{refused}"
    );
    owner.end_by(Signal::SIGKILL);
    eventually("the servers end", || owner.servers_are_gone());
}
