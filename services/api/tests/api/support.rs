//! A server of its own for each test, a caller, and a worker that does what the test says.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::Utc;
use gantry_api::ApiServer;
use gantry_domain::{
    JobFailure, JobId, JobState, KindDeclaration, KindName, LogLevel, LogLine, LogStream,
    RetryPolicy, WorkerId,
};
use gantry_queue::{JobEnded, Queue, QueueOptions, SignalReader};
use gantry_settings::ApiServiceSettings;
use gantry_store::{ClaimedJob, Completion, NewWorker, Run, RunLogLine, StoreOptions, WorkerStore};
use gantry_testkit::{TestDatabase, TestRedis, eventually};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long anything may take that should happen soon.
pub const SOON: Duration = Duration::from_secs(20);

/// A running API with a database and a Redis prefix of its own.
pub struct TestApi {
    pub database: TestDatabase,
    pub redis_url: String,
    pub prefix: String,
    pub address: SocketAddr,
    http: reqwest::Client,
    running: Option<Running>,
    _redis: Option<TestRedis>,
}

struct Running {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), gantry_api::ServeError>>,
}

impl TestApi {
    /// A running API whose worker has announced the kinds of [`kinds`].
    pub async fn start() -> Self {
        let redis = TestRedis::create().await;
        let url = redis.url().to_owned();
        let prefix = redis.prefix().trim_end_matches(':').to_owned();
        let mut api = Self::start_with(TestDatabase::create().await, url, prefix).await;
        api._redis = Some(redis);
        api.until_ready().await;
        api.worker().await;
        api
    }

    /// A running API on servers of the test's choice; it may never become ready.
    pub async fn start_with(database: TestDatabase, redis_url: String, prefix: String) -> Self {
        let mut api = Self {
            database,
            redis_url,
            prefix,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            http: reqwest::Client::new(),
            running: None,
            _redis: None,
        };
        api.run().await;
        api
    }

    async fn run(&mut self) {
        let server = ApiServer::bind(&self.settings())
            .await
            .expect("the settings of the test are in order");
        self.address = server.address();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server.serve(async {
            let _ = stopped.await;
        }));
        self.running = Some(Running { stop, serving });
    }

    /// Stops the API as SIGTERM does, and waits for its end.
    pub async fn stop(&mut self) {
        let running = self.running.take().expect("the API runs");
        let _ = running.stop.send(());
        running
            .serving
            .await
            .expect("the server does not panic")
            .expect("the server stops in order");
    }

    /// Stops the API and starts another one on the same servers, at another address.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.run().await;
        self.until_ready().await;
    }

    fn settings(&self) -> ApiServiceSettings {
        let environment = [
            ("DATABASE_URL", self.database.url()),
            ("REDIS_URL", &self.redis_url),
            ("GANTRY_REDIS_PREFIX", &self.prefix),
            ("APP_ENV", "test"),
            ("AUTH_MODE", "dev-bypass"),
            ("GANTRY_HTTP_ADDR", "127.0.0.1:0"),
            ("CORS_ALLOWED_ORIGINS", "https://app.example.com"),
        ];
        gantry_settings::parse("gantry-api", [], |name| {
            let known = environment.iter().find(|(other, _)| *other == name);
            known.map(|(_, value)| value.into())
        })
        .expect("the settings of the test are in order")
    }

    async fn until_ready(&self) {
        eventually(SOON, || async {
            let answer = self.anonymous(Method::GET, "/readyz").send().await;
            match answer {
                Ok(answer) if answer.status() == StatusCode::OK => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request without credentials.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// A request of the usual caller, `alice` of the tenant `acme`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.request_as("alice", "acme", method, path)
    }

    pub fn request_as(
        &self,
        user: &str,
        tenant: &str,
        method: Method,
        path: &str,
    ) -> RequestBuilder {
        self.anonymous(method, path)
            .header("X-Dev-User-Id", user)
            .header("X-Tenant-Id", tenant)
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        json_of(answer, StatusCode::OK).await
    }

    pub async fn post(&self, path: &str, body: &Value, expected: StatusCode) -> Value {
        let answer = self.request(Method::POST, path).json(body).send().await;
        json_of(answer.unwrap(), expected).await
    }

    /// Submits a `test.echo` job and returns its id.
    pub async fn submit(&self) -> JobId {
        let body = json!({"kind": "test.echo", "payload": {"text": "hello"}});
        let job = self.post("/api/v1/jobs", &body, StatusCode::ACCEPTED).await;
        id_of(&job)
    }

    pub async fn state_of(&self, job_id: JobId) -> String {
        let job = self.get(&format!("/api/v1/jobs/{job_id}")).await;
        job["state"].as_str().unwrap().to_owned()
    }

    /// A worker that has announced [`kinds`].
    pub async fn worker(&self) -> TestWorker {
        self.worker_with(kinds()).await
    }

    /// A worker that has announced these kinds.
    pub async fn worker_with(&self, kinds: Vec<KindDeclaration>) -> TestWorker {
        let store = WorkerStore::open(&StoreOptions {
            database_url: self.database.url().to_owned(),
            max_connections: 2,
            behind_transaction_pooler: false,
        })
        .await
        .unwrap();
        let queue = Queue::open(&QueueOptions {
            redis_url: self.redis_url.clone(),
            key_prefix: self.prefix.clone(),
        })
        .unwrap();
        let worker = TestWorker {
            id: WorkerId::generate(),
            store,
            queue,
        };
        worker.announce(kinds).await;
        worker
    }
}

/// A worker that claims, logs and settles when it is told to.
pub struct TestWorker {
    pub id: WorkerId,
    store: WorkerStore,
    queue: Queue,
}

impl TestWorker {
    pub async fn announce(&self, kinds: Vec<KindDeclaration>) {
        let worker = NewWorker {
            id: self.id,
            name: "test-worker".to_owned(),
            queues: vec!["default".parse().unwrap()],
            kinds,
            concurrency: 4,
            version: "1.0.0".to_owned(),
            lease: Duration::from_secs(600),
        };
        self.store.register(&worker).await.unwrap();
    }

    /// Claims the job's newest dispatch.
    pub async fn claim(&self, job_id: JobId, dispatch: u32) -> ClaimedJob {
        let run = Run { job_id, dispatch };
        let kinds: Vec<KindName> = kinds().into_iter().map(|kind| kind.name).collect();
        let mut claimed = self.store.claim(self.id, &[run], &kinds).await.unwrap();
        claimed.pop().expect("the job waits for a worker")
    }

    /// Stores lines of a run and publishes them, as a worker does.
    pub async fn log(&self, claimed: &ClaimedJob, seqs: impl IntoIterator<Item = u64>) {
        let lines = self.store_only(claimed, seqs).await;
        self.publish_only(claimed, lines).await;
    }

    /// Stores lines that the feed never carries.
    pub async fn store_only(
        &self,
        claimed: &ClaimedJob,
        seqs: impl IntoIterator<Item = u64>,
    ) -> Vec<LogLine> {
        let lines: Vec<LogLine> = seqs
            .into_iter()
            .map(|seq| line(claimed.attempt, seq))
            .collect();
        self.store_lines(claimed, &lines).await;
        lines
    }

    pub async fn store_lines(&self, claimed: &ClaimedJob, lines: &[LogLine]) {
        let run = claimed.run;
        let stored: Vec<RunLogLine> = lines
            .iter()
            .map(|line| RunLogLine {
                run,
                line: line.clone(),
            })
            .collect();
        let added = self.store.append_log(self.id, &stored).await.unwrap();
        assert_eq!(added, stored.len() as u64);
    }

    pub async fn publish_only(&self, claimed: &ClaimedJob, lines: Vec<LogLine>) {
        // A test may have taken Redis away.
        let _ = self.queue.publish_lines(&[(claimed.job_id(), lines)]).await;
    }

    pub async fn complete(&self, claimed: &ClaimedJob) {
        let completion = Completion {
            run: claimed.run,
            result: json!({"done": true}),
        };
        let settled = self.store.complete(self.id, &[completion]).await.unwrap();
        assert_eq!(settled, [claimed.run]);
        self.publish_end(claimed, JobState::Succeeded).await;
    }

    /// The run that this worker is next told to end.
    pub async fn next_cancelled(&self) -> Run {
        let mut reader = SignalReader::new(&self.queue, self.id);
        let signals = timeout(SOON, reader.read())
            .await
            .expect("a signal comes")
            .unwrap();
        let signal = signals.first().expect("the worker is told");
        Run {
            job_id: signal.job_id,
            dispatch: signal.dispatch,
        }
    }

    pub async fn mark_cancelled(&self, claimed: &ClaimedJob) {
        let error = JobFailure::new("cancelled", "Cancelled.");
        let runs = [claimed.run];
        let settled = self.store.mark_cancelled(self.id, &runs, &error);
        assert_eq!(settled.await.unwrap(), runs);
        self.publish_end(claimed, JobState::Cancelled).await;
    }

    async fn publish_end(&self, claimed: &ClaimedJob, state: JobState) {
        let ended = JobEnded {
            job_id: claimed.job_id(),
            state,
        };
        let _ = self.queue.publish_ended(&[ended]).await;
    }
}

pub fn line(attempt: u32, seq: u64) -> LogLine {
    LogLine {
        attempt,
        seq,
        at: Utc::now(),
        stream: LogStream::Stdout,
        level: LogLevel::Info,
        text: format!("line {seq} of attempt {attempt}"),
    }
}

/// `test.echo` wants a text, `test.anything` takes anything, `test.broken` has a schema that is none.
pub fn kinds() -> Vec<KindDeclaration> {
    vec![
        kind("test.echo", echo_schema()),
        kind("test.anything", json!(true)),
        kind("test.broken", json!({"type": 7})),
        kind(
            gantry_quantum_espresso::RELAX_KIND,
            gantry_quantum_espresso::relax_payload_schema(),
        ),
    ]
}

fn echo_schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["text"],
        "properties": {
            "text": {"type": "string", "maxLength": 20},
            "steps": {
                "type": "array",
                "items": {"type": "object", "properties": {"count": {"type": "integer", "minimum": 1}}},
            },
        },
    })
}

pub fn kind(name: &str, payload_schema: Value) -> KindDeclaration {
    KindDeclaration {
        name: name.parse().unwrap(),
        description: format!("The kind {name}."),
        payload_schema,
        queue: "default".parse().unwrap(),
        timeout_seconds: 60,
        retry: RetryPolicy::default(),
    }
}

/// The body of an answer that must have this status.
pub async fn json_of(answer: Response, expected: StatusCode) -> Value {
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, expected, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The problem of an answer, checked for everything that every problem has.
pub async fn problem_of(answer: Response, status: StatusCode, code: &str) -> Value {
    let content_type = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let request_id = answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let problem = json_of(answer, status).await;
    assert_eq!(content_type, "application/problem+json", "{problem}");
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["type"], format!("urn:gantry:problem:{code}"));
    assert_eq!(problem["request_id"], *request_id);
    assert!(problem["title"].is_string() && problem["detail"].is_string());
    problem
}

/// The paths of a problem's single faults.
pub fn paths_of(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"]
        .as_array()
        .expect("the problem lists faults");
    errors
        .iter()
        .map(|fault| fault["path"].as_str().unwrap())
        .collect()
}

pub fn id_of(job: &Value) -> JobId {
    job["id"].as_str().unwrap().parse().unwrap()
}
