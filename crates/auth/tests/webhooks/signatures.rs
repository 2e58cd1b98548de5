//! A message is believed by its signature, its age and nothing else.

use gantry_auth::{WebhookError, WebhookMessage};

use crate::sender::{NOW, SECRET, read, receiver, signature};

const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const BODY: &[u8] = br#"{"type":"session.created","data":{}}"#;

/// What the makers of the signatures publish: secret, id, timestamp, body and signature.
const PUBLISHED: [[&str; 5]; 2] = [
    [
        SECRET,
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        r#"{"test": 2432232314}"#,
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ],
    [
        OTHER_SECRET,
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        "1649367553",
        r#"{"email":"test@example.com","username":"test_user"}"#,
        "tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ],
];

fn is_believed(outcome: &Result<WebhookMessage, WebhookError>) -> bool {
    match outcome {
        Ok(_) | Err(WebhookError::Malformed { .. }) => true,
        Err(WebhookError::BadSignature { .. }) => false,
        Err(other) => panic!("{other}"),
    }
}

/// Whether a message is believed whose signatures and timestamp are these.
fn believed(secrets: &[&str], timestamp: &str, signatures: &str) -> bool {
    let headers = [
        ("svix-id", "msg_1"),
        ("svix-timestamp", timestamp),
        ("svix-signature", signatures),
    ];
    is_believed(&read(&receiver(secrets, NOW), &headers, BODY))
}

fn now() -> String {
    NOW.to_string()
}

fn true_signature() -> String {
    signature(SECRET, "msg_1", &now(), BODY)
}

#[test]
fn the_published_examples_are_believed_under_both_names_of_the_headers() {
    for [secret, id, timestamp, body, encoded] in PUBLISHED {
        let webhooks = receiver(&[secret], timestamp.parse().unwrap());
        let signature = format!("v1,{encoded}");
        for brand in ["svix", "webhook"] {
            let names = ["id", "timestamp", "signature"].map(|name| format!("{brand}-{name}"));
            let headers = [
                (names[0].as_str(), id),
                (names[1].as_str(), timestamp),
                (names[2].as_str(), signature.as_str()),
            ];
            assert!(is_believed(&read(&webhooks, &headers, body.as_bytes())));
            let altered = body.replace('t', "T");
            assert!(!is_believed(&read(&webhooks, &headers, altered.as_bytes())));
        }
    }
}

#[test]
fn any_of_several_secrets_may_have_signed() {
    for secrets in [[SECRET, OTHER_SECRET], [OTHER_SECRET, SECRET]] {
        assert!(believed(&secrets, &now(), &true_signature()));
    }
    assert!(!believed(&[OTHER_SECRET], &now(), &true_signature()));
}

#[test]
fn one_true_signature_among_others_is_enough() {
    let own = true_signature();
    for signatures in [
        format!("v1,AAAA {own}"),
        format!("{own} v1,AAAA"),
        format!("v2,{own} v1a,c2lnbmVk {own}"),
        format!("nonsense {own}"),
    ] {
        assert!(believed(&[SECRET], &now(), &signatures), "{signatures}");
    }
}

#[test]
fn what_is_no_signature_of_version_one_is_refused() {
    let own = true_signature();
    let encoded = own.strip_prefix("v1,").unwrap();
    for signatures in [
        String::new(),
        " ".to_owned(),
        ",".to_owned(),
        "v1".to_owned(),
        "v1,".to_owned(),
        encoded.to_owned(),
        format!("v2,{encoded}"),
        format!("V1,{encoded}"),
        format!("v1, {encoded}"),
        format!("v1,{},", encoded),
        format!("v1,{}", &encoded[..20]),
        format!("v1,{encoded}AAAA"),
        "v1,not base64!".to_owned(),
        "v1,é".to_owned(),
    ] {
        assert!(!believed(&[SECRET], &now(), &signatures), "{signatures}");
    }
}

#[test]
fn a_message_is_believed_within_five_minutes_of_its_time() {
    for (sent_at, expected) in [
        (NOW - 300, true),
        (NOW + 300, true),
        (NOW - 301, false),
        (NOW + 301, false),
        (0, false),
    ] {
        let timestamp = sent_at.to_string();
        let signature = signature(SECRET, "msg_1", &timestamp, BODY);
        assert_eq!(
            believed(&[SECRET], &timestamp, &signature),
            expected,
            "{sent_at}"
        );
    }
}

#[test]
fn a_time_is_whole_seconds_in_digits() {
    for timestamp in [
        "",
        "now",
        "-1800000000",
        "+1800000000",
        "1800000000.0",
        " 1800000000",
        "1.8e9",
        "1800000000000",
        "99999999999999999999999",
        "１８０００００００",
    ] {
        let signature = signature(SECRET, "msg_1", timestamp, BODY);
        assert!(!believed(&[SECRET], timestamp, &signature), "{timestamp}");
    }
}

#[test]
fn a_header_that_is_missing_or_sent_twice_is_refused() {
    let (time, own) = (now(), true_signature());
    let all = [
        ("svix-id", "msg_1"),
        ("svix-timestamp", time.as_str()),
        ("svix-signature", own.as_str()),
    ];
    let webhooks = receiver(&[SECRET], NOW);
    assert!(is_believed(&read(&webhooks, &all, BODY)));
    for place in 0..all.len() {
        let mut fewer = all.to_vec();
        fewer.remove(place);
        assert!(!is_believed(&read(&webhooks, &fewer, BODY)));
        let mut more = all.to_vec();
        more.push(all[place]);
        assert!(!is_believed(&read(&webhooks, &more, BODY)));
    }
    assert!(!is_believed(&read(&webhooks, &[], BODY)));
    // One name for the one, the other for the other: nobody signs so.
    let mixed = [
        all[0],
        ("webhook-timestamp", &time),
        ("webhook-signature", &own),
    ];
    assert!(!is_believed(&read(&webhooks, &mixed, BODY)));
}

#[test]
fn the_id_is_signed_too_and_has_a_length() {
    let webhooks = receiver(&[SECRET], NOW);
    let long = "m".repeat(256);
    for (id, signed_id, expected) in [
        ("msg_1", "msg_1", true),
        ("msg_2", "msg_1", false),
        ("", "", false),
        (long.as_str(), long.as_str(), false),
        (&long[1..], &long[1..], true),
    ] {
        let (time, own) = (now(), signature(SECRET, signed_id, &now(), BODY));
        let headers = [
            ("svix-id", id),
            ("svix-timestamp", time.as_str()),
            ("svix-signature", own.as_str()),
        ];
        assert_eq!(is_believed(&read(&webhooks, &headers, BODY)), expected);
    }
}
