//! The kind `example.word_count.v1`: counts words, tells how far it is, and hands on what it has no time for.

use async_trait::async_trait;
use gantry_domain::{JobFailure, KindDeclaration, RetryPolicy, failure_code};
use gantry_worker::{Handler, HandlerError, JobContext, NewChild};
use serde::Deserialize;
use serde_json::{Value, json};

/// How many words are counted between two looks at the clock.
const STRIDE_WORDS: usize = 1_000;

/// Counts the words of a text.
pub struct WordCount;

#[derive(Deserialize)]
struct Payload {
    text: String,
    /// How many words jobs before this one have counted.
    #[serde(default)]
    counted_before: usize,
}

#[async_trait]
impl Handler for WordCount {
    fn declaration(&self) -> KindDeclaration {
        KindDeclaration {
            name: "example.word_count.v1".parse().expect("a valid kind name"),
            description: "Counts the words of a text.".to_owned(),
            payload_schema: json!({
                "type": "object",
                "required": ["text"],
                "additionalProperties": false,
                "properties": {
                    "text": { "type": "string" },
                    "counted_before": { "type": "integer", "minimum": 0 },
                },
            }),
            queue: "default".parse().expect("a valid queue name"),
            timeout_seconds: 600,
            retry: RetryPolicy::default(),
        }
    }

    /// The result is `{"words": NUMBER}`, or `{"continued_by": JOB}` where the time did not suffice.
    async fn run(&self, job: JobContext) -> Result<Value, HandlerError> {
        let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(|error| {
            let failure = JobFailure::new(failure_code::INVALID_PAYLOAD, error.to_string());
            HandlerError::Final(failure)
        })?;
        let mut words = payload.counted_before;
        let mut rest = payload.text.as_str();
        while !rest.is_empty() {
            if job.stop.reason().is_some() {
                let failure = JobFailure::new(failure_code::WORKER_STOPPED, "told to stop");
                return Err(HandlerError::Retry(failure));
            }
            if job.soft_deadline.has_passed() {
                return hand_on(&job, rest, words).await;
            }
            let (counted, remaining) = count_some(rest);
            words += counted;
            rest = remaining;
            job.progress.report(json!({ "words": words })).await;
        }
        job.log.info(format!("the text has {words} words")).await;
        Ok(json!({ "words": words }))
    }
}

/// Stages a job for the rest; it is submitted together with the result of this one, or not at all.
async fn hand_on(job: &JobContext, rest: &str, words: usize) -> Result<Value, HandlerError> {
    let payload = json!({ "text": rest, "counted_before": words });
    let next = NewChild::new(job.kind.clone(), payload);
    let next = job.children.stage(next).await?;
    job.log
        .warn(format!(
            "time is running out after {words} words; {next} counts the rest"
        ))
        .await;
    Ok(json!({ "continued_by": next }))
}

/// The number of the first words, and the text after them.
fn count_some(text: &str) -> (usize, &str) {
    let mut words = 0;
    let mut rest = text.trim_start();
    while !rest.is_empty() && words < STRIDE_WORDS {
        rest = rest
            .trim_start_matches(|letter: char| !letter.is_whitespace())
            .trim_start();
        words += 1;
    }
    (words, rest)
}
