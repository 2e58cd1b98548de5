//! A service as a process: its output, its end, and waiting until it is ready.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::Duration;

use gantry_devkit::{Error, Folder, ServiceProcess, free_loopback_port};

const LIMIT: Duration = Duration::from_secs(20);
const RUNS_UNTIL_ENDED: &str = "while :; do sleep 1; done";

/// A service made of a shell script.
fn service(folder: &Folder, script: &str) -> ServiceProcess {
    let program = folder.path().join("service.sh");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("the script is written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
        .expect("the script is made executable");
    let environment = [("PATH", "/usr/bin:/bin"), ("GREETING", "hello")]
        .map(|(name, value)| (name.into(), value.into()));
    ServiceProcess::start(folder, "service", &program, &environment).expect("the service starts")
}

/// An HTTP server that answers each connection with the next of `answers`, then no more.
fn answers_on_loopback(answers: &'static [&'static str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for answer in answers {
            let (mut connection, _) = listener.accept().expect("a connection");
            let mut request = [0; 1024];
            let length = connection.read(&mut request).expect("a request");
            assert!(request[..length].starts_with(b"GET /readyz HTTP/1.1\r\n"));
            connection
                .write_all(answer.as_bytes())
                .expect("an answer is taken");
        }
    });
    address
}

#[test]
fn what_a_service_writes_is_in_its_log() {
    let folder = Folder::temporary().unwrap();
    let mut service = service(&folder, "echo \"$GREETING\"; echo trouble >&2");
    assert!(service.wait_for_exit(LIMIT).unwrap().success());
    assert_eq!(
        fs::read_to_string(service.log_path()).unwrap(),
        "hello\ntrouble\n"
    );
    assert_eq!(service.log_tail(), "hello\ntrouble");
}

#[test]
fn a_service_sees_only_the_environment_it_is_given() {
    let folder = Folder::temporary().unwrap();
    let mut service = service(&folder, "echo \"${CARGO_MANIFEST_DIR:-nothing}\"");
    service.wait_for_exit(LIMIT).unwrap();
    assert_eq!(service.log_tail(), "nothing");
}

#[test]
fn stopping_asks_first() {
    let folder = Folder::temporary().unwrap();
    let ready = folder.path().join("ready");
    let script = format!(
        "trap 'exit 7' TERM; touch {}; while :; do sleep 0.01; done",
        ready.display()
    );
    let mut service = service(&folder, &script);
    while !ready.exists() {
        assert!(service.exit_status().unwrap().is_none());
        thread::yield_now();
    }
    assert_eq!(service.stop().unwrap().code(), Some(7));
}

#[test]
fn a_killed_service_is_gone_when_the_call_returns() {
    let folder = Folder::temporary().unwrap();
    let mut service = service(&folder, RUNS_UNTIL_ENDED);
    service.kill().unwrap();
    assert_eq!(service.exit_status().unwrap().unwrap().signal(), Some(9));
    assert!(matches!(service.kill(), Err(Error::NotRunning { .. })));
}

#[test]
fn a_frozen_service_can_be_thawed_and_stopped() {
    let folder = Folder::temporary().unwrap();
    let mut service = service(&folder, RUNS_UNTIL_ENDED);
    service.freeze().unwrap();
    service.thaw().unwrap();
    service.freeze().unwrap();
    assert_eq!(
        service.stop().unwrap().signal(),
        Some(15),
        "a frozen service is stopped, too"
    );
}

#[test]
fn waiting_for_the_end_of_a_running_service_has_a_limit() {
    let folder = Folder::temporary().unwrap();
    let mut service = service(&folder, RUNS_UNTIL_ENDED);
    let error = service.wait_for_exit(Duration::ZERO).unwrap_err();
    assert!(
        matches!(error, Error::StillRunning { pid, .. } if pid == service.pid()),
        "{error}"
    );
}

#[test]
fn a_service_is_ready_when_readyz_answers_200() {
    let folder = Folder::temporary().unwrap();
    let mut service = service(&folder, RUNS_UNTIL_ENDED);
    let address = answers_on_loopback(&[
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    ]);
    service.wait_until_ready(address, LIMIT).unwrap();
}

#[test]
fn a_service_that_ends_before_it_is_ready_is_reported_with_its_last_words() {
    let folder = Folder::temporary().unwrap();
    let mut service = service(&folder, "echo DATABASE_URL is missing >&2; exit 2");
    let nobody = SocketAddr::from(([127, 0, 0, 1], free_loopback_port().unwrap()));
    let error = service.wait_until_ready(nobody, LIMIT).unwrap_err();
    assert!(matches!(error, Error::EndedEarly { .. }), "{error}");
    assert!(
        error.to_string().contains("DATABASE_URL is missing"),
        "{error}"
    );
}

#[test]
fn a_service_that_does_not_become_ready_is_reported_with_what_was_seen() {
    let folder = Folder::temporary().unwrap();
    let mut service = service(&folder, RUNS_UNTIL_ENDED);
    let address = answers_on_loopback(&["HTTP/1.1 503 Service Unavailable\r\n\r\n"]);
    let error = service
        .wait_until_ready(address, Duration::ZERO)
        .unwrap_err();
    assert!(error.to_string().contains("503"), "{error}");
}
