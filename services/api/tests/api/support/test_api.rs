//! A running API with a database and a Redis prefix of its own, and its usual caller.

use std::net::SocketAddr;
use std::sync::LazyLock;

use gantry_api::{ApiServer, ServeError};
use gantry_domain::{JobId, KindDeclaration};
use gantry_settings::{ApiServiceSettings, AppEnvironment};
use gantry_telemetry::TelemetryGuard;
use gantry_testkit::{TestDatabase, TestRedis, eventually};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{SOON, TestWorker, WEBHOOK_SECRET, id_of, json_of, kinds};

/// Gives spans their trace ids, once per test process, and writes no log.
static TELEMETRY: LazyLock<TelemetryGuard> = LazyLock::new(|| {
    let settings = settings(&[("RUST_LOG", "off")]);
    gantry_telemetry::init("gantry-api", AppEnvironment::Test, &settings.telemetry)
        .expect("telemetry is set up once")
});

/// The API's settings: those of every test, and these.
fn settings(own: &[(&str, &str)]) -> ApiServiceSettings {
    let shared = [
        ("DATABASE_URL", "postgres://localhost/gantry"),
        ("REDIS_URL", "redis://localhost"),
        ("APP_ENV", "test"),
        ("AUTH_MODE", "dev-bypass"),
        ("CLERK_WEBHOOK_SIGNING_SECRET", WEBHOOK_SECRET),
        ("GANTRY_PROFILE_COHORTS", "default,beta"),
        ("GANTRY_HTTP_ADDR", "127.0.0.1:0"),
        ("CORS_ALLOWED_ORIGINS", "https://app.example.com"),
    ];
    gantry_settings::parse("gantry-api", [], |name| {
        let known = own.iter().chain(&shared).find(|(other, _)| *other == name);
        known.map(|(_, value)| value.into())
    })
    .expect("the settings of the test are in order")
}

/// A running API with a database and a Redis prefix of its own.
pub struct TestApi {
    pub database: TestDatabase,
    pub redis_url: String,
    pub prefix: String,
    pub address: SocketAddr,
    http: reqwest::Client,
    follower_limit: usize,
    operators: String,
    own_settings: Vec<(&'static str, &'static str)>,
    running: Option<Running>,
    _redis: Option<TestRedis>,
}

struct Running {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), ServeError>>,
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
            follower_limit: 100,
            operators: String::new(),
            own_settings: Vec::new(),
            running: None,
            _redis: None,
        };
        api.run().await;
        api
    }

    /// A running API that serves this many log followers at once.
    pub async fn start_with_followers(limit: usize) -> Self {
        let mut api = Self::start().await;
        api.follower_limit = limit;
        api.restart().await;
        api
    }

    /// A running API whose operators are those of this setting; otherwise every caller is one.
    pub async fn start_with_operators(operators: &str) -> Self {
        let mut api = Self::start().await;
        api.operators = operators.to_owned();
        // So that the usual caller is known.
        api.submit().await;
        api.restart().await;
        api
    }

    /// A running API with these settings in place of the usual ones.
    pub async fn start_with_settings(own: &[(&'static str, &'static str)]) -> Self {
        let mut api = Self::start().await;
        api.restart_with(own).await;
        api
    }

    /// Stops the API and starts another one with these settings in place of the usual ones.
    pub async fn restart_with(&mut self, own: &[(&'static str, &'static str)]) {
        self.own_settings = own.to_vec();
        self.restart().await;
    }

    async fn run(&mut self) {
        LazyLock::force(&TELEMETRY);
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
        let follower_limit = self.follower_limit.to_string();
        let enrolled_database_url = without_login(self.database.url());
        let enrolled_redis_url = without_login(&self.redis_url);
        let of_every_test = [
            ("GANTRY_ENROLLED_DATABASE_URL", &*enrolled_database_url),
            ("GANTRY_ENROLLED_REDIS_URL", &*enrolled_redis_url),
            ("DATABASE_URL", self.database.url()),
            ("REDIS_URL", &self.redis_url),
            ("GANTRY_REDIS_PREFIX", &self.prefix),
            ("GANTRY_OPERATORS", &self.operators),
            ("GANTRY_HTTP_FOLLOWER_LIMIT", &follower_limit),
        ];
        settings(&[&self.own_settings[..], &of_every_test].concat())
    }

    /// Waits until Postgres was reached, whatever Redis does.
    pub async fn until_answering(&self) {
        eventually(SOON, || async {
            let answer = self.request(Method::GET, "/api/v1/users/me").send().await;
            match answer {
                Ok(answer) if answer.status() == StatusCode::OK => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }

    pub async fn until_ready(&self) {
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
        TestWorker::start(self, kinds).await
    }
}

/// The address of a server for those who have a login of their own.
fn without_login(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("an address has a scheme");
    let server = rest.rsplit_once('@').map_or(rest, |(_, server)| server);
    format!("{scheme}://{server}")
}
