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

#[tokio::test]
async fn a_welcome_is_written_down_by_its_profile() {
    let bench = Bench::create().await;
    let worker = bench.start_worker(EmailSend).await;
    let welcome = EmailRequest {
        template: EmailTemplate::Welcome,
        profile_id: ProfileId::generate(),
    };
    let job = bench.run(bench.job(EMAIL_KIND, json!(welcome))).await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    // Neither is shown to the tenant.
    assert_eq!(job.result, None);
    assert_eq!(bench.log(job.summary.id).await, []);
    let result = "SELECT result ->> 'template' || ' ' || (result ->> 'sent') FROM jobs";
    let result = bench.database.text(result).await;
    assert_eq!(result.as_deref(), Some("welcome false"));
    let line = format!(
        "would send the mail welcome to the owner of the profile {}",
        welcome.profile_id
    );
    let text = bench.database.text("SELECT text FROM job_logs").await;
    assert_eq!(text, Some(line));
    worker.stop().await;
}

#[tokio::test]
async fn what_is_no_mail_fails_for_good() {
    let bench = Bench::create().await;
    let worker = bench.start_worker(EmailSend).await;
    let profile_id = ProfileId::generate();
    for other in [
        json!({"template": "other", "profile_id": profile_id}),
        json!({"template": "welcome", "profile_id": profile_id, "to": "ada@example.com"}),
    ] {
        let job = bench.run(bench.job(EMAIL_KIND, other)).await;
        let (state, code, _) = failure(&job);
        assert_eq!((state, code), (JobState::Failed, "invalid_payload"));
    }
    worker.stop().await;
}
