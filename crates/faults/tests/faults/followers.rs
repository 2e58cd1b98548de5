//! Followers that are abandoned cost nothing for long, whether they vanish or stop reading.

use std::net::{Ipv4Addr, SocketAddr};

use gantry_domain::JobId;
use gantry_faults::{Effect, peak_memory_mib};
use gantry_testkit::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use url::Url;

use crate::{LIMIT, installation};

/// How many followers the API takes at once, and how many are abandoned.
const FOLLOWERS: usize = 200;
/// How many of them stay and do not read; the others vanish.
const UNREADING: usize = 30;
/// Printed while they are there: more than the system keeps for a client that does not read.
const LINES: u64 = 6_000;
const PADDING_BYTES: usize = 1_000;
const MEMORY_LIMIT_MIB: u64 = 300;

#[tokio::test(flavor = "multi_thread")]
async fn followers_that_vanish_or_stop_reading_make_room_for_others() {
    let mut installation = installation().start().await;
    installation
        .stack
        .restart_api_with(&[
            ("GANTRY_HTTP_FOLLOWER_LIMIT", &FOLLOWERS.to_string()),
            ("GANTRY_HTTP_SILENCE_LIMIT_SECONDS", "2"),
        ])
        .unwrap();
    installation.start_worker();
    let loud = Effect::new("loud").printing_at_once(LINES);
    let loud = loud
        .padded_by(PADDING_BYTES)
        .until(installation.gate("all"));
    let loud = installation.calls.submit(&loud.request()).await;
    let quiet = Effect::new("quiet").until(installation.gate("all"));
    let quiet = installation.calls.submit(&quiet.request()).await;
    installation.wait_for_runs("quiet", 1, LIMIT).await;

    let api = installation.stack.api_url();
    let mut unreading = Vec::new();
    for _ in 0..UNREADING {
        unreading.push(follow(&api, loud).await);
    }
    let mut vanishing = Vec::new();
    for _ in UNREADING..FOLLOWERS {
        vanishing.push(follow(&api, quiet).await);
    }
    drop(vanishing);
    // All of them are gone once as many others find a place.
    let mut others = Vec::new();
    while others.len() < FOLLOWERS {
        let follower = eventually(LIMIT, async || {
            let follower = installation.calls.try_follow(quiet).await;
            follower.ok_or("every place is taken")
        });
        others.push(follower.await);
    }
    drop(unreading);
    let peak = peak_memory_mib(installation.stack.api().pid());
    assert!(peak < MEMORY_LIMIT_MIB, "{peak} MiB");
    installation.open_gate("all");
    installation
        .wait_until_all_succeeded(&[loud, quiet], LIMIT)
        .await;
    installation.assert_sound(&["loud", "quiet"]).await;
}

/// Begins to follow with as little room for unread bytes as the system allows, and reads no further than the first.
async fn follow(api: &str, id: JobId) -> TcpStream {
    let port = Url::parse(api).expect("a URL").port().expect("a port");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .set_recv_buffer_size(4_096)
        .expect("a smaller buffer");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = socket.connect(address).await.expect("the API listens");
    let request = format!(
        "GET /api/v1/jobs/{id}/logs?follow=true HTTP/1.1\r\nHost: gantry\r\n\
         X-Dev-User-Id: fault-tester\r\nX-Tenant-Id: fault-tests\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200");
    stream
}
