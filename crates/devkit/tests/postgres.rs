//! The private PostgreSQL server, as its users see it.

use std::fs;
use std::process::{self, Command};

use gantry_devkit::{Error, Folder, PrivatePostgres};

/// Runs one statement and returns what it shows.
fn sql(url: &str, statement: &str) -> String {
    let output = Command::new("psql")
        .args(["-X", "-A", "-t", "-c", statement, url])
        .output()
        .expect("psql starts");
    assert!(
        output.status.success(),
        "{statement}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .expect("psql writes UTF-8")
        .trim()
        .to_owned()
}

#[test]
fn a_private_server_is_durable_and_reachable_on_loopback_only() {
    let folder = Folder::temporary().unwrap();
    let postgres = PrivatePostgres::start(&folder).unwrap();
    let url = postgres.url("postgres");
    assert_eq!(sql(&url, "SHOW fsync"), "on");
    assert_eq!(sql(&url, "SHOW synchronous_commit"), "on");
    assert_eq!(sql(&url, "SHOW listen_addresses"), "127.0.0.1");
    assert_eq!(sql(&url, "SHOW unix_socket_directories"), "");
    assert_eq!(sql(&url, "SHOW server_encoding"), "UTF8");
}

#[test]
fn nobody_gets_in_without_the_password() {
    let folder = Folder::temporary().unwrap();
    let postgres = PrivatePostgres::start(&folder).unwrap();
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", postgres.port());
    let refused = Command::new("psql")
        .args(["-X", "-w", "-c", "SELECT 1", &url])
        .output()
        .unwrap();
    assert!(!refused.status.success());
}

#[test]
fn what_is_committed_survives_a_killed_server_at_the_same_address() {
    let folder = Folder::temporary().unwrap();
    let mut postgres = PrivatePostgres::start(&folder).unwrap();
    let url = postgres.url("postgres");
    sql(&url, "CREATE TABLE kept AS SELECT 42 AS answer");
    let killed = postgres.pid();

    postgres.kill().unwrap();
    postgres.restart().unwrap();

    assert_ne!(postgres.pid(), killed);
    assert_eq!(postgres.url("postgres"), url);
    assert_eq!(sql(&url, "SELECT answer FROM kept"), "42");
}

#[test]
fn a_stopped_server_can_be_started_again() {
    let folder = Folder::temporary().unwrap();
    let mut postgres = PrivatePostgres::start(&folder).unwrap();
    postgres.stop().unwrap();
    postgres.restart().unwrap();
    assert_eq!(sql(&postgres.url("postgres"), "SELECT 1"), "1");
}

#[test]
fn a_database_is_made_once_however_often_it_is_asked_for() {
    let folder = Folder::temporary().unwrap();
    let postgres = PrivatePostgres::start(&folder).unwrap();
    postgres.create_database("gantry").unwrap();
    postgres.create_database("gantry").unwrap();
    assert_eq!(
        sql(&postgres.url("gantry"), "SELECT current_database()"),
        "gantry"
    );
}

#[test]
fn a_database_name_that_needs_quoting_is_refused() {
    let folder = Folder::temporary().unwrap();
    let postgres = PrivatePostgres::start(&folder).unwrap();
    for name in [
        "",
        "1st",
        "Upper",
        "with space",
        "a'b",
        "a;b",
        &"x".repeat(64),
    ] {
        assert!(
            matches!(
                postgres.create_database(name),
                Err(Error::DatabaseName { .. })
            ),
            "{name:?}"
        );
    }
}

#[test]
fn a_named_folder_keeps_its_data_from_one_run_to_the_next() {
    let place = Folder::temporary().unwrap();
    let path = place.path().join("daily");
    {
        let folder = Folder::named(&path).unwrap();
        let postgres = PrivatePostgres::start(&folder).unwrap();
        sql(
            &postgres.url("postgres"),
            "CREATE TABLE kept AS SELECT 42 AS answer",
        );
    }
    let folder = Folder::named(&path).unwrap();
    let postgres = PrivatePostgres::start(&folder).unwrap();
    assert_eq!(
        sql(&postgres.url("postgres"), "SELECT answer FROM kept"),
        "42"
    );
}

#[test]
fn a_stale_lock_file_that_names_a_living_stranger_does_not_prevent_the_start() {
    let folder = Folder::temporary().unwrap();
    drop(PrivatePostgres::start(&folder).unwrap());
    let data = folder.path().join("postgres");
    let stranger = process::id();
    fs::write(
        data.join("postmaster.pid"),
        format!("{stranger}\n{}\n", data.display()),
    )
    .unwrap();

    let postgres = PrivatePostgres::start(&folder).unwrap();

    assert_eq!(sql(&postgres.url("postgres"), "SELECT 1"), "1");
}

#[test]
fn an_interrupted_first_start_is_made_good() {
    let folder = Folder::temporary().unwrap();
    let unfinished = folder.path().join("postgres.unfinished");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "half of a cluster").unwrap();
    let postgres = PrivatePostgres::start(&folder).unwrap();
    assert_eq!(sql(&postgres.url("postgres"), "SELECT 1"), "1");
}
