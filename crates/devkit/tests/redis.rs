//! The private Redis server, as its users see it.

use std::process::Command;

use gantry_devkit::{Folder, PrivateRedis};

/// Runs one command and returns its answer.
fn ask(redis: &PrivateRedis, command: &[&str]) -> String {
    let output = Command::new("redis-cli")
        .arg("--no-auth-warning")
        .arg("-u")
        .arg(redis.url())
        .args(command)
        .output();
    String::from_utf8(output.expect("redis-cli starts").stdout)
        .expect("redis-cli writes UTF-8")
        .trim()
        .to_owned()
}

#[test]
fn a_private_server_keeps_an_append_only_file_evicts_nothing_and_is_reachable_on_loopback_only() {
    let folder = Folder::temporary().unwrap();
    let redis = PrivateRedis::start(&folder).unwrap();
    assert_eq!(
        ask(&redis, &["CONFIG", "GET", "appendonly"]),
        "appendonly\nyes"
    );
    assert_eq!(
        ask(&redis, &["CONFIG", "GET", "appendfsync"]),
        "appendfsync\neverysec"
    );
    assert_eq!(
        ask(&redis, &["CONFIG", "GET", "maxmemory-policy"]),
        "maxmemory-policy\nnoeviction"
    );
    assert_eq!(ask(&redis, &["CONFIG", "GET", "bind"]), "bind\n127.0.0.1");
}

#[test]
fn nobody_gets_in_without_the_password() {
    let folder = Folder::temporary().unwrap();
    let redis = PrivateRedis::start(&folder).unwrap();
    let output = Command::new("redis-cli")
        .args(["-p", &redis.port().to_string(), "PING"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("NOAUTH"));
}

#[test]
fn a_stopped_server_comes_back_at_the_same_address_with_its_data() {
    let folder = Folder::temporary().unwrap();
    let mut redis = PrivateRedis::start(&folder).unwrap();
    let url = redis.url();
    assert_eq!(ask(&redis, &["SET", "kept", "42"]), "OK");
    redis.stop().unwrap();
    redis.restart().unwrap();
    assert_eq!(redis.url(), url);
    assert_eq!(ask(&redis, &["GET", "kept"]), "42");
}

#[test]
fn a_killed_server_comes_back() {
    let folder = Folder::temporary().unwrap();
    let mut redis = PrivateRedis::start(&folder).unwrap();
    let killed = redis.pid();
    redis.kill().unwrap();
    redis.restart().unwrap();
    assert_ne!(redis.pid(), killed);
    assert_eq!(ask(&redis, &["PING"]), "PONG");
}

#[test]
fn flushing_deletes_everything() {
    let folder = Folder::temporary().unwrap();
    let redis = PrivateRedis::start(&folder).unwrap();
    assert_eq!(ask(&redis, &["SET", "lost", "42"]), "OK");
    redis.flush().unwrap();
    assert_eq!(ask(&redis, &["DBSIZE"]), "0");
}
