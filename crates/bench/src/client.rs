//! The load: keep-alive connections that submit jobs and do as little else as possible.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// One keep-alive connection of one person.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    authorization: String,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// The API does not listen.
    pub async fn connect(api: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(api).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: api.to_string(),
            authorization: format!("Bearer {token}"),
        })
    }

    /// Submits one job of a kind; the answer is the job, as JSON.
    ///
    /// # Errors
    /// The API did not accept it.
    pub async fn submit(&mut self, kind: &str) -> anyhow::Result<Bytes> {
        let job = json!({ "kind": kind, "payload": {} });
        self.post("/api/v1/jobs", &job).await
    }

    /// Submits `count` jobs of a kind in one request.
    ///
    /// # Errors
    /// The API did not accept them.
    pub async fn submit_batch(&mut self, kind: &str, count: usize) -> anyhow::Result<()> {
        let job = json!({ "kind": kind, "payload": {} });
        let jobs = json!({ "jobs": vec![job; count] });
        self.post("/api/v1/jobs/batch", &jobs).await.map(drop)
    }

    async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Bytes> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(HOST, &self.host)
            .header(AUTHORIZATION, &self.authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.to_string())))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let answer = response.into_body().collect().await?.to_bytes();
        if status != StatusCode::ACCEPTED {
            bail!(
                "the API answered {status}: {}",
                String::from_utf8_lossy(&answer)
            );
        }
        Ok(answer)
    }
}

/// The id in an answer to a submission.
///
/// # Errors
/// The answer is no job.
pub fn job_id(answer: &[u8]) -> anyhow::Result<String> {
    let job: Value = serde_json::from_slice(answer)?;
    let id = job["id"].as_str().context("the answer has no id")?;
    Ok(id.to_owned())
}
