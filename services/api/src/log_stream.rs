//! Follows one job's log: what Postgres holds first, then what the live feed brings, every line once and in order.

mod events;

use std::convert::Infallible;
use std::time::Duration;

use actix_web::ResponseError;
use actix_web::web::{Bytes, Data};
use futures_util::Stream;
use futures_util::stream::unfold;
use gantry_domain::{JobId, JobSummary, LogCursor, LogLine, QueueName, TenantId};
use gantry_queue::{FeedEvent, Follower};
use gantry_store::{LogSelection, StoreError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, sleep_until};

use crate::api::Api;
use crate::middleware::ProcessRuntime;
use crate::problem::ApiError;
use crate::sign_in::SignInRequest;
use events::Events;

/// How many lines are read from Postgres and held for one follower at a time.
const READ_LIMIT_LINES: u32 = 100;
/// How often is asked whether the reader would still be let in; a little later where the log is just being read.
const CHECK_READER: Duration = Duration::from_secs(15);
/// How often a comment says that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often Postgres is looked into although the live feed is silent, should it have lost a word.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// How often Postgres is looked into, or tried again, while Redis, or Postgres itself, is away.
const LOOK_WHILE_AWAY: Duration = Duration::from_secs(1);

/// Where a stream begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Behind this line.
    After(LogCursor),
    /// With the last lines, this many at most.
    Tail(u32),
}

/// One follower of one job.
pub struct LogStream {
    api: Data<Api>,
    tenant_id: TenantId,
    job_id: JobId,
    queue: QueueName,
    /// Whether the service alone asks for such jobs, whose lines are shown to nobody.
    is_internal: bool,
    attempt: Option<u32>,
    cursor: LogCursor,
    stage: Stage,
    follower: Option<Follower>,
    events: Events,
    reader: SignInRequest,
    check_reader_at: Instant,
    heartbeat_at: Instant,
    look_again_at: Instant,
    _permit: OwnedSemaphorePermit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There may be lines in Postgres that were not told.
    Reading,
    /// Everything Postgres held was told; the feed says when there is more.
    Listening,
    /// Nothing more comes.
    Over,
}

impl LogStream {
    /// Prepares the stream of a job that exists, for a reader who was let in.
    ///
    /// # Errors
    /// Too many followers are connected, or Postgres cannot be reached.
    pub async fn open(
        api: &Data<Api>,
        reader: SignInRequest,
        tenant_id: TenantId,
        job: &JobSummary,
        attempt: Option<u32>,
        start: Start,
    ) -> Result<Self, ApiError> {
        let permit = api.followers.clone().try_acquire_owned();
        let now = Instant::now();
        let mut stream = Self {
            api: api.clone(),
            tenant_id,
            job_id: job.id,
            queue: job.queue.clone(),
            is_internal: job.kind.is_internal(),
            attempt,
            cursor: LogCursor::START,
            stage: Stage::Reading,
            follower: None,
            events: Events::default(),
            reader,
            check_reader_at: now + CHECK_READER,
            heartbeat_at: now + HEARTBEAT,
            look_again_at: now + LOOK_AGAIN,
            _permit: permit.map_err(|_| ApiError::TooManyFollowers {
                limit: api.limits.followers,
            })?,
        };
        stream.events.begin();
        match start {
            Start::After(cursor) => {
                stream.cursor = cursor;
                stream.events.resume_in(cursor.attempt);
            }
            Start::Tail(lines) => stream.begin_with_tail(lines).await?,
        }
        Ok(stream)
    }

    /// The stream as a response body.
    pub fn into_body(self) -> impl Stream<Item = Result<Bytes, Infallible>> + 'static {
        let runtime = ProcessRuntime::current();
        unfold((self, runtime), |(mut stream, runtime)| async move {
            let events = runtime.wrap(stream.next()).await?;
            Some((Ok(events), (stream, runtime)))
        })
    }

    /// The next events; none when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(events) = self.events.take() {
                return Some(events);
            }
            if self.api.stopping.is_cancelled() {
                return None;
            }
            if Instant::now() >= self.check_reader_at {
                self.check_reader().await;
                continue;
            }
            match self.stage {
                Stage::Reading => self.read().await,
                Stage::Listening => self.listen().await,
                Stage::Over => return None,
            }
        }
    }

    /// Ends the stream of a reader who would not be let in any more. Nothing is told while that cannot be found out.
    async fn check_reader(&mut self) {
        match Box::pin(self.reader.check(&self.api)).await {
            Ok(()) => self.check_reader_at = Instant::now() + CHECK_READER,
            Err(refusal) if refusal.status_code().is_client_error() => {
                self.events.comment("the credentials hold no longer");
                self.stage = Stage::Over;
                self.check_reader_at = Instant::now() + CHECK_READER;
            }
            Err(error) => {
                tracing::info!(%error, job_id = %self.job_id, "whether a log may still be read cannot be found out at the moment");
                self.wait_out_the_absence().await;
            }
        }
    }

    /// Says that the database is away, and waits a moment.
    async fn wait_out_the_absence(&mut self) {
        self.events.comment("waiting for the database");
        tokio::select! {
            () = sleep(LOOK_WHILE_AWAY) => {}
            () = self.api.stopping.cancelled() => {}
        }
    }

    async fn begin_with_tail(&mut self, lines: u32) -> Result<(), StoreError> {
        let selection = LogSelection::Last {
            attempt: self.attempt,
            limit: lines.max(1),
        };
        let last = self.read_log(&selection).await?;
        if lines > 0 {
            self.tell(&last);
        } else if let Some(line) = last.last() {
            self.cursor = line.cursor();
        }
        Ok(())
    }

    /// Tells what Postgres holds beyond the cursor.
    async fn read(&mut self) {
        match self.try_read().await {
            Ok(stage) => self.stage = stage,
            Err(error) => {
                tracing::info!(%error, job_id = %self.job_id, "a followed log cannot be read at the moment");
                self.wait_out_the_absence().await;
            }
        }
    }

    /// In this order: follow, look at the job, read its log. What is published later is then heard, and the log of a job
    /// that was seen ended is complete.
    async fn try_read(&mut self) -> Result<Stage, StoreError> {
        if self.follower.is_none() {
            self.follower = Some(self.api.feed.follow(self.job_id, &self.queue).await);
        }
        self.look_again_at = Instant::now() + LOOK_AGAIN;
        let scope = self.api.store.tenant(self.tenant_id);
        let Some(job) = scope.find_job_summary(self.job_id).await? else {
            return Ok(Stage::Over);
        };
        let selection = LogSelection::After {
            cursor: self.cursor,
            attempt: self.attempt,
            limit: READ_LIMIT_LINES,
        };
        let lines = self.read_log(&selection).await?;
        self.tell(&lines);
        if lines.len() >= READ_LIMIT_LINES as usize {
            // While a long log is told the feed would run over; it is followed anew for the last part.
            self.follower = None;
            return Ok(Stage::Reading);
        }
        if self.is_complete(&job) {
            self.events.end(&job);
            return Ok(Stage::Over);
        }
        Ok(Stage::Listening)
    }

    /// Whether no further line can come for this follower.
    fn is_complete(&self, job: &JobSummary) -> bool {
        job.state.is_terminal() || self.attempt.is_some_and(|attempt| attempt < job.attempt)
    }

    async fn read_log(&self, selection: &LogSelection) -> Result<Vec<LogLine>, StoreError> {
        let scope = self.api.store.tenant(self.tenant_id);
        scope.read_log(self.job_id, selection).await
    }

    /// Waits for the feed to say something, or for the time to look without it.
    async fn listen(&mut self) {
        let Some(follower) = &mut self.follower else {
            self.stage = Stage::Reading;
            return;
        };
        let is_away = !follower.is_live();
        tokio::select! {
            event = follower.next() => self.hear(event),
            () = self.api.stopping.cancelled() => {}
            () = sleep(LOOK_WHILE_AWAY), if is_away => self.stage = Stage::Reading,
            () = sleep_until(self.look_again_at) => self.stage = Stage::Reading,
            () = sleep_until(self.check_reader_at) => {}
            () = sleep_until(self.heartbeat_at) => {
                self.heartbeat_at = Instant::now() + HEARTBEAT;
                self.events.comment("heartbeat");
            }
        }
    }

    fn hear(&mut self, event: FeedEvent) {
        match event {
            FeedEvent::Lines(_) if self.is_internal => {}
            FeedEvent::Lines(lines) => self.hear_lines(&lines),
            FeedEvent::Changed | FeedEvent::Disconnected => self.stage = Stage::Reading,
            FeedEvent::Lagged => {
                self.events.lagged();
                self.stage = Stage::Over;
            }
        }
    }

    /// Tells lines that follow the last one directly; any jump, and any new attempt, is read from Postgres.
    fn hear_lines(&mut self, lines: &[LogLine]) {
        for line in lines {
            if line.cursor() <= self.cursor || self.attempt.is_some_and(|only| only != line.attempt)
            {
                continue;
            }
            let follows = line.attempt == self.cursor.attempt && line.seq == self.cursor.seq + 1;
            if !follows {
                self.stage = Stage::Reading;
                return;
            }
            self.tell(std::slice::from_ref(line));
        }
    }

    fn tell(&mut self, lines: &[LogLine]) {
        for line in lines {
            self.events.line(line);
            self.cursor = line.cursor();
        }
    }
}
