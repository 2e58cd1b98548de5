//! The worker's own HTTP address: whether it lives and whether it takes jobs.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// How many requests are answered at once; more wait.
const CONNECTIONS: usize = 32;
/// How long a client may take to send its request's head.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);

/// What the loops of the worker tell of themselves; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Pulse {
    signs: Arc<Signs>,
}

#[derive(Default)]
struct Signs {
    has_lease: AtomicBool,
    redis_answers: AtomicBool,
    is_draining: AtomicBool,
}

impl Pulse {
    pub(crate) fn lease_is_held(&self, is_held: bool) {
        self.signs.has_lease.store(is_held, Ordering::Relaxed);
    }

    pub(crate) fn redis_answered(&self) {
        self.signs.redis_answers.store(true, Ordering::Relaxed);
    }

    pub(crate) fn redis_failed(&self) {
        self.signs.redis_answers.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) {
        self.signs.is_draining.store(true, Ordering::Relaxed);
    }

    fn answer(&self, path: &str) -> Option<(StatusCode, serde_json::Value)> {
        match path {
            "/livez" => Some((StatusCode::OK, json!({ "status": "alive" }))),
            "/readyz" => Some(self.readiness()),
            _ => None,
        }
    }

    fn readiness(&self) -> (StatusCode, serde_json::Value) {
        let has_lease = self.signs.has_lease.load(Ordering::Relaxed);
        let redis_answers = self.signs.redis_answers.load(Ordering::Relaxed);
        let is_draining = self.signs.is_draining.load(Ordering::Relaxed);
        let is_ready = has_lease && redis_answers && !is_draining;
        let word = |is_good| if is_good { "ok" } else { "unavailable" };
        let document = json!({
            "status": if is_ready { "ready" } else { "not_ready" },
            "parts": { "lease": word(has_lease), "redis": word(redis_answers) },
            "draining": is_draining,
        });
        let status = if is_ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        (status, document)
    }
}

/// Opens the address, so that a taken one stops the start.
pub(crate) async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, pulse: Pulse) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, for instance; a tight loop would make it worse.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let pulse = pulse.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let pulse = pulse.clone();
                async move { Ok::<_, Infallible>(respond(&pulse, &request)) }
            });
            let served = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a health request was not answered");
            }
            drop(permit);
        });
    }
}

fn respond(pulse: &Pulse, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, document) = match *request.method() {
        Method::GET | Method::HEAD => pulse.answer(request.uri().path()).unwrap_or((
            StatusCode::NOT_FOUND,
            json!({ "status": "not_found", "paths": ["/livez", "/readyz"] }),
        )),
        _ => (
            StatusCode::METHOD_NOT_ALLOWED,
            json!({ "status": "method_not_allowed" }),
        ),
    };
    let mut response = Response::new(Full::new(Bytes::from(document.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(
        hyper::header::CONTENT_TYPE,
        hyper::header::HeaderValue::from_static("application/json"),
    );
    response
}
