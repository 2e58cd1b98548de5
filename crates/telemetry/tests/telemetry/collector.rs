//! A real HTTP listener that keeps the first request it is sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long a test waits for a request before it fails.
const DEADLINE: Duration = Duration::from_secs(30);

/// One HTTP request.
pub struct Request {
    /// Method, path and headers, one a line.
    pub head: String,
    /// The body; what is not text in it, such as the numbers of protocol buffers, is replaced.
    pub body: String,
}

/// A listener on a free port of the loopback address.
pub struct Collector {
    address: SocketAddr,
    requests: Receiver<Request>,
}

impl Collector {
    /// Starts listening; every request is answered 200.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if sender.send(answered(stream)).is_err() {
                    return;
                }
            }
        });
        Self { address, requests }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next request, within the deadline.
    pub fn next_request(&self) -> Request {
        self.requests
            .recv_timeout(DEADLINE)
            .expect("a request within the deadline")
    }
}

fn answered(stream: TcpStream) -> Request {
    let mut reader = BufReader::new(&stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let read = reader.read_line(&mut head).expect("a header line");
        assert!(read > 0, "the request ended within its headers");
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the whole body");
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    (&stream).write_all(answer).expect("the client reads on");
    let body = String::from_utf8_lossy(&body).into_owned();
    Request { head, body }
}
