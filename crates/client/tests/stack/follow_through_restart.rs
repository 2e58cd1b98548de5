//! Following a real log while the API is killed and started again.

use gantry_client::{Client, FollowOptions, LogEvent, LogQuery, Submission};
use gantry_devkit::Stack;
use gantry_domain::{JobState, LogCursor};
use gantry_quantum_espresso::{H2_RELAX_INPUT, RELAX_KIND};
use serde_json::json;

/// After how many lines the API is killed; the calculation is in full swing by then.
const LINES_BEFORE_THE_KILL: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_misses_and_repeats_nothing_when_the_api_is_killed() {
    let mut stack = Stack::builder().start().expect("a stack");
    let client = Client::builder(&stack.api_url())
        .development_user("alice")
        .and_then(gantry_client::ClientBuilder::build)
        .expect("a client");
    let kind = RELAX_KIND.parse().expect("a kind");
    let submission = Submission::new(kind, json!({"input": H2_RELAX_INPUT}));
    let job = client.submit(&submission).await.expect("a job").summary.id;

    let mut follower = client.follow_logs(job, FollowOptions::default());
    let mut told: Vec<LogCursor> = Vec::new();
    let mut interruptions = 0;
    let state = loop {
        match follower
            .next()
            .await
            .expect("the log is followed")
            .expect("an end comes first")
        {
            LogEvent::Line(line) => told.push(line.cursor()),
            LogEvent::Interrupted { .. } => interruptions += 1,
            LogEvent::Ended { state, .. } => break state,
            LogEvent::LinesMissing { after, before } => {
                panic!("nothing between {after} and {before}")
            }
            LogEvent::AttemptStarted { .. } | LogEvent::Truncated { .. } => {}
        }
        if told.len() == LINES_BEFORE_THE_KILL && interruptions == 0 {
            stack.api().kill().expect("the API runs");
            stack.restart_api().expect("the API starts again");
            interruptions = 1;
        }
    };

    assert_eq!(state, JobState::Succeeded);
    assert!(interruptions > 1, "the follower noticed nothing");
    assert_eq!(told, stored(&client, job).await);
}

/// The cursors of all stored lines.
async fn stored(client: &Client, job: gantry_domain::JobId) -> Vec<LogCursor> {
    let mut query = LogQuery::default();
    let mut cursors = Vec::new();
    loop {
        let page = client.logs(job, &query).await.expect("a page");
        cursors.extend(page.items.iter().map(gantry_domain::LogLine::cursor));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return cursors;
        }
    }
}
