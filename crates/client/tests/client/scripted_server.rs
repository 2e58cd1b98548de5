//! A real HTTP server that gives one prepared answer per request and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// What is answered once the script is over; it is not worth a retry.
const SCRIPT_IS_OVER: &str =
    r#"{"title":"The script is over","status":410,"detail":"the test expected fewer requests"}"#;

/// One prepared answer.
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

enum Body {
    Whole(String),
    Stream { text: String, end: StreamEnd },
}

/// How a stream ends.
#[derive(Clone, Copy)]
pub enum StreamEnd {
    /// As HTTP has it.
    Closed,
    /// In the middle, as when a process is killed.
    Broken,
    /// Not at all, until the client goes.
    Silent,
}

impl Answer {
    pub fn json(status: u16, document: &Value) -> Self {
        let content_type = if status < 400 {
            "application/json"
        } else {
            "application/problem+json"
        };
        Self::text(status, content_type, document.to_string())
    }

    pub fn text(status: u16, content_type: &str, body: String) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: Body::Whole(body),
        }
    }

    pub fn redirect(location: &str) -> Self {
        Self {
            status: 307,
            headers: vec![("Location", location.to_owned())],
            body: Body::Whole(String::new()),
        }
    }

    /// A log stream of `events`, each as [`event`] writes it.
    pub fn stream(events: &[String], end: StreamEnd) -> Self {
        Self {
            status: 200,
            headers: vec![("Content-Type", "text/event-stream".to_owned())],
            body: Body::Stream {
                text: events.concat(),
                end,
            },
        }
    }
}

/// One event of a stream.
pub fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// What a client asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// For instance `GET /api/v1/jobs?limit=2`.
    pub line: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The server; its thread ends with the test's process.
pub struct ScriptedServer {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl ScriptedServer {
    pub fn start(script: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound listener");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || serve(&listener, script, &seen));
        Self {
            url: format!("http://{address}"),
            requests,
        }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests
            .lock()
            .expect("the server's thread lives")
            .clone()
    }

    /// The only request there was.
    pub fn only_request(&self) -> Request {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.remove(0)
    }
}

fn serve(listener: &TcpListener, script: Vec<Answer>, seen: &Mutex<Vec<Request>>) {
    let mut script = script.into_iter();
    for connection in listener.incoming() {
        let Ok(mut connection) = connection else {
            continue;
        };
        let Some(request) = read_request(&connection) else {
            continue;
        };
        seen.lock()
            .expect("no test panics in between")
            .push(request);
        let answer = script.next().unwrap_or_else(|| {
            Answer::text(410, "application/problem+json", SCRIPT_IS_OVER.to_owned())
        });
        // A client that has gone is what some tests are about.
        let _ = write_answer(&mut connection, answer);
    }
}

fn read_request(connection: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let line = line.trim_end().strip_suffix(" HTTP/1.1")?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let mut request = Request {
        line,
        headers,
        body: String::new(),
    };
    let length = request
        .header("content-length")
        .unwrap_or("0")
        .parse()
        .ok()?;
    reader.take(length).read_to_string(&mut request.body).ok()?;
    Some(request)
}

fn write_answer(connection: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
    write!(
        connection,
        "HTTP/1.1 {} Scripted\r\nConnection: close\r\n",
        answer.status
    )?;
    for (name, value) in &answer.headers {
        write!(connection, "{name}: {value}\r\n")?;
    }
    match answer.body {
        Body::Whole(text) => write!(connection, "Content-Length: {}\r\n\r\n{text}", text.len()),
        Body::Stream { text, end } => {
            write!(
                connection,
                "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{text}\r\n",
                text.len()
            )?;
            match end {
                StreamEnd::Closed => write!(connection, "0\r\n\r\n"),
                StreamEnd::Broken => Ok(()),
                // Reads nothing until the client closes its side.
                StreamEnd::Silent => connection.read(&mut [0]).map(drop),
            }
        }
    }
}
