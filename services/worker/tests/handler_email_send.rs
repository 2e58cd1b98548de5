//! `email.send`: takes the mails that the service asks for, and writes down what it would send.

#[path = "handler_support/bench.rs"]
mod bench;
#[path = "handler_support/worker_in_process.rs"]
#[expect(dead_code, reason = "tests of longer jobs use more of it")]
mod worker_in_process;

use bench::Bench;
use gantry_domain::{EMAIL_KIND, EmailRequest, EmailTemplate, JobState, ProfileId};
use gantry_worker::handlers::EmailSend;
use serde_json::json;
use worker_in_process::failure;

fn welcome(to: Option<&str>) -> EmailRequest {
    EmailRequest {
        template: EmailTemplate::Welcome,
        to: to.map(|to| to.parse().expect("an address")),
        name: Some("Ada".to_owned()),
        profile_id: ProfileId::generate(),
    }
}

#[tokio::test]
async fn a_welcome_is_written_down_and_its_address_is_in_no_line() {
    let bench = Bench::create().await;
    let worker = bench.start_worker(EmailSend).await;
    for (to, line) in [
        (Some("ada@example.com"), "would send the mail welcome"),
        (
            None,
            "nobody to send the mail welcome to: the person has no verified address",
        ),
    ] {
        let job = bench.run(bench.job(EMAIL_KIND, json!(welcome(to)))).await;
        assert_eq!(job.summary.state, JobState::Succeeded);
        assert_eq!(
            job.result,
            Some(json!({"template": "welcome", "sent": false}))
        );
        let lines = bench.log(job.summary.id).await;
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, [line]);
    }
    worker.stop().await;
}

#[tokio::test]
async fn what_is_no_mail_fails_for_good() {
    let bench = Bench::create().await;
    let worker = bench.start_worker(EmailSend).await;
    let other = bench.job(EMAIL_KIND, json!({"template": "other"}));
    let job = bench.run(other).await;
    let (state, code, _) = failure(&job);
    assert_eq!((state, code), (JobState::Failed, "invalid_payload"));
    worker.stop().await;
}
