//! Words, names, cursors and ids keep their one spelling.

use gantry_domain::{IdempotencyKey, JobState, KindName, LogCursor, QueueName, TenantId, UserId};
use proptest::prelude::*;

#[test]
fn every_state_reads_back_from_its_word() {
    for state in JobState::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
        assert_eq!(
            serde_json::to_value(state).expect("a word is JSON"),
            state.as_str()
        );
    }
}

#[test]
fn an_unknown_word_names_those_that_exist() {
    let error = "done".parse::<JobState>().expect_err("no such state");
    assert_eq!(
        error.to_string(),
        "`done` is not a job state: expected one of scheduled, queued, running, succeeded, failed, cancelled"
    );
}

#[test]
fn kind_names_have_two_or_more_lower_case_parts() {
    for good in ["system.ping", "qe.relax.v1", "a.b", "lab_7.x_1"] {
        assert!(good.parse::<KindName>().is_ok(), "{good}");
    }
    for bad in [
        "", "ping", "Qe.relax", "qe..v1", ".a.b", "a.b.", "1a.b", "a.b c", "a.b\0",
    ] {
        assert!(bad.parse::<KindName>().is_err(), "{bad:?}");
    }
    assert!(format!("a.{}", "b".repeat(99)).parse::<KindName>().is_err());
}

#[test]
fn idempotency_keys_are_1_to_255_visible_ascii_characters() {
    let longest = "~".repeat(255);
    for good in ["a", "!", "2f9c-\"x\"", &longest] {
        assert_eq!(
            good.parse::<IdempotencyKey>().map(|key| key.to_string()),
            Ok(good.to_owned())
        );
    }
    for bad in ["", "a b", "a\t", "\u{7f}", "\u{e4}", "\0", &"~".repeat(256)] {
        assert!(bad.parse::<IdempotencyKey>().is_err(), "{bad:?}");
    }
}

#[test]
fn queue_names_are_one_lower_case_word() {
    for good in ["default", "qe", "gpu-a100", "lab_7"] {
        assert!(good.parse::<QueueName>().is_ok(), "{good}");
    }
    for bad in ["", "Default", "7lab", "a b", "a:b", "a{b}"] {
        assert!(bad.parse::<QueueName>().is_err(), "{bad:?}");
    }
}

#[test]
fn derived_ids_do_not_run_together() {
    assert_ne!(
        UserId::for_subject("a", "bc"),
        UserId::for_subject("ab", "c")
    );
    assert_ne!(
        TenantId::for_person("a", "b"),
        TenantId::for_organization("a", "b")
    );
    assert_eq!(UserId::for_subject("a", "b"), UserId::for_subject("a", "b"));
}

proptest! {
    #[test]
    fn a_log_cursor_reads_back(attempt in 0..=i32::MAX as u32, seq in 0..=i64::MAX as u64) {
        let cursor = LogCursor { attempt, seq };
        prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn no_text_makes_a_log_cursor_panic(text in "\\PC*") {
        if let Ok(cursor) = text.parse::<LogCursor>() {
            prop_assert!(i64::try_from(cursor.seq).is_ok());
        }
    }
}
