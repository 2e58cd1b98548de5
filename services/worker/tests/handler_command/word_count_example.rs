//! The example of a worker of one's own does what it says, on real servers.

#[path = "../../examples/word_count/handler.rs"]
mod example;

use async_trait::async_trait;
use gantry_domain::{JobState, KindDeclaration, NewJob};
use gantry_worker::{Handler, HandlerError, JobContext};
use serde_json::{Value, json};

use crate::bench::Bench;
use example::WordCount;

const KIND: &str = "example.word_count.v1";

#[tokio::test]
async fn it_counts_and_tells_how_far_it_is() {
    let bench = Bench::create().await;
    let worker = bench.start_worker(WordCount).await;
    let text = " one two  three\n".repeat(1_000);
    let job = bench.run(bench.job(KIND, json!({ "text": text }))).await;
    assert_eq!(job.result, Some(json!({ "words": 3_000 })));
    assert_eq!(job.summary.progress, Some(json!({ "words": 3_000 })));
    let log = bench.log(job.summary.id).await;
    assert_eq!(log[0].text, "the text has 3000 words");
    worker.stop().await;
}

#[tokio::test]
async fn a_text_that_is_none_is_refused_for_good() {
    let bench = Bench::create().await;
    let worker = bench.start_worker(WordCount).await;
    let job = bench
        .run(NewJob {
            max_attempts: 3,
            ..bench.job(KIND, json!({ "text": 7 }))
        })
        .await;
    assert_eq!(job.summary.state, JobState::Failed);
    assert_eq!(job.summary.attempt, 1);
    worker.stop().await;
}

/// The example, which comes to a text only when its time is running out, unless others have counted before.
struct Late;

#[async_trait]
impl Handler for Late {
    fn declaration(&self) -> KindDeclaration {
        WordCount.declaration()
    }

    async fn run(&self, job: JobContext) -> Result<Value, HandlerError> {
        if job.payload.get("counted_before").is_none() {
            job.soft_deadline.passed().await;
        }
        WordCount.run(job).await
    }
}

#[tokio::test]
async fn what_it_has_no_time_for_is_counted_by_a_job_that_comes_with_its_result() {
    let bench = Bench::create().await;
    let worker = bench.start_worker(Late).await;
    let job = bench
        .run(NewJob {
            timeout_seconds: 10,
            ..bench.job(KIND, json!({ "text": "one two three" }))
        })
        .await;
    assert_eq!(job.summary.state, JobState::Succeeded, "{job:?}");
    let next = job.result.expect("a result")["continued_by"].clone();
    let next = next.as_str().expect("an id").parse().expect("an id");
    let next = bench.ended(next).await;
    assert_eq!(next.result, Some(json!({ "words": 3 })));
    worker.stop().await;
}
