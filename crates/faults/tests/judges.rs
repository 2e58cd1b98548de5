//! The judge of the fault tests finds what it is there to find.

use std::fs;

use gantry_faults::{Effects, tells_secret, told_in_logs};

/// Effects as a run of tests would have told them, one `label run event` a line.
fn effects(told: &str) -> Effects {
    let lines = told.lines().map(|line| {
        let [label, run, event] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line} is not three words");
        };
        format!("{{\"label\":\"{label}\",\"run\":\"{run}\",\"event\":\"{event}\"}}\n")
    });
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), lines.collect::<String>()).expect("written");
    Effects::read(file.path())
}

#[test]
fn runs_one_after_the_other_are_sound() {
    let effects = effects("a 1 start\na 1 beat\na 2 start\na 2 end\nb 3 start\nb 3 end");
    assert!(effects.overlapping().is_empty());
    assert_eq!(effects.missing(&["a", "b"]), [""; 0]);
    assert_eq!(effects.runs_of("a"), ["1", "2"]);
}

#[test]
fn a_run_that_goes_on_after_a_later_one_began_overlaps() {
    let effects = effects("a 1 start\na 2 start\na 1 beat\na 2 end");
    assert!(effects.overlapping().contains("a"));
}

#[test]
fn a_job_without_a_run_that_ended_is_missing() {
    let effects = effects("a 1 start\na 1 beat");
    assert_eq!(effects.missing(&["a", "b"]), ["a", "b"]);
}

#[test]
fn a_line_that_tells_a_secret_is_found() {
    let forty = "a1B2".repeat(10);
    for told in [
        format!("the key gk_0123456789abcdef_{forty} was refused"),
        format!("{{\"token\":\"gw_{forty}\"}}"),
        format!("Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.{forty}"),
        format!("secret=whsec_{forty}"),
        "cannot reach postgres://gantry:hunter2@127.0.0.1:5432/gantry".to_owned(),
        "redis://:hunter2@127.0.0.1".to_owned(),
    ] {
        assert!(tells_secret(&told), "{told}");
    }
    for harmless in [
        "the key gk_0123456789abcdef was made",
        "cannot reach postgres://gantry@127.0.0.1:5432/gantry",
        "the address ada@example.com: unknown",
        "GET http://127.0.0.1:8080/api/v1/jobs?at=12:00",
    ] {
        assert!(!tells_secret(harmless), "{harmless}");
    }
}

#[test]
fn secrets_are_looked_for_in_every_log_of_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("api.log"), "ready\n").expect("written");
    fs::write(folder.path().join("worker-1.log"), "redis://:x@host\n").expect("written");
    fs::write(folder.path().join("settings.toml"), "redis://:x@host\n").expect("written");
    assert_eq!(told_in_logs(folder.path()), ["redis://:x@host"]);
}
