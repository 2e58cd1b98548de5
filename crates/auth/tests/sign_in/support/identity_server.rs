//! A small HTTP server that plays the identity provider and counts who asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

const DEADLINE: Duration = Duration::from_secs(20);
const REQUEST_LIMIT_BYTES: usize = 16 * 1024;

#[derive(Clone)]
pub enum Reply {
    Text(String),
    Status(u16),
    Redirect(String),
    /// More bytes than anyone should read.
    Endless,
    /// The connection closes without an answer.
    HangUp,
    /// Nothing until [`IdentityServer::release`], then this.
    Held(String),
}

pub struct IdentityServer {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    replies: Mutex<HashMap<String, Reply>>,
    requests: Mutex<Vec<Request>>,
    arrived: Notify,
    released: Semaphore,
}

#[derive(Clone)]
pub struct Request {
    pub path: String,
    pub head: String,
}

impl IdentityServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            replies: Mutex::default(),
            requests: Mutex::default(),
            arrived: Notify::new(),
            released: Semaphore::new(0),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                tokio::spawn(async move { shared.serve(stream).await });
            }
        });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn reply(&self, path: &str, reply: Reply) {
        self.shared
            .replies
            .lock()
            .unwrap()
            .insert(path.to_owned(), reply);
    }

    pub fn reply_json(&self, path: &str, document: &Value) {
        self.reply(path, Reply::Text(document.to_string()));
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub fn count(&self, path: &str) -> usize {
        self.requests()
            .iter()
            .filter(|request| request.path == path)
            .count()
    }

    /// Lets every held answer go, those to come included.
    pub fn release(&self) {
        self.shared.released.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    pub async fn wait_for_request(&self, path: &str) {
        let arrival = async {
            loop {
                let arrived = self.shared.arrived.notified();
                if self.count(path) > 0 {
                    return;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(DEADLINE, arrival)
            .await
            .expect("the request arrives");
    }
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream) {
        let Some(head) = read_head(&mut stream).await else {
            return;
        };
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let reply = self.replies.lock().unwrap().get(&path).cloned();
        self.requests.lock().unwrap().push(Request { path, head });
        self.arrived.notify_waiters();
        let answer = match reply.unwrap_or(Reply::Status(404)) {
            Reply::HangUp => return,
            Reply::Text(text) => ok(&text),
            Reply::Held(text) => {
                let _released = self.released.acquire().await;
                ok(&text)
            }
            Reply::Status(status) => {
                format!(
                    "HTTP/1.1 {status} Answer\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
            }
            Reply::Redirect(to) => format!(
                "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            ),
            Reply::Endless => {
                let filler = "a".repeat(4 * 1024 * 1024);
                ok(&filler)
            }
        };
        // The client may have gone away on purpose.
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await.ok()?;
        if read == 0 || head.len() > REQUEST_LIMIT_BYTES {
            return None;
        }
        head.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(head).ok()
}
