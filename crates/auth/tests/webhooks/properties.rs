//! Whatever is sent, it is answered; and nothing is believed that was not signed.

use gantry_auth::{WebhookError, WebhookMessage};
use gantry_domain::DirectoryEvent;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::sender::{NOW, SECRET, read, receive_json, receiver, signature};

const SORTS: [&str; 9] = [
    "user.created",
    "user.updated",
    "user.deleted",
    "organization.created",
    "organization.updated",
    "organization.deleted",
    "organizationMembership.created",
    "organizationMembership.updated",
    "organizationMembership.deleted",
];

/// The names that are looked for, and some others.
const NAMES: [&str; 12] = [
    "id",
    "email_addresses",
    "primary_email_address_id",
    "email_address",
    "verification",
    "status",
    "public_metadata",
    "cohort",
    "organization",
    "public_user_data",
    "user_id",
    "updated_at",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("verified")),
        Just(json!("ada@example.com")),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(prop::sample::select(&NAMES[..]), inner, 0..6)
                .prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn data_of_any_shape_are_understood_or_refused(sort in prop::sample::select(&SORTS[..]), data in any_json()) {
        let told = receive_json(&json!({"type": sort, "data": data, "timestamp": data}));
        match told {
            Ok(WebhookMessage::Notice(notice)) => {
                if let DirectoryEvent::UserChanged(user) = notice.event {
                    prop_assert!(!user.subject.contains(char::is_control));
                    prop_assert!(user.first_name.is_none_or(|name| !name.contains('\0')));
                }
            }
            Ok(WebhookMessage::Irrelevant) | Err(WebhookError::Malformed { .. }) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn headers_of_any_shape_are_refused(id in ".*", timestamp in ".*", signatures in ".*") {
        let headers = [
            ("svix-id", id.as_str()),
            ("svix-timestamp", timestamp.as_str()),
            ("svix-signature", signatures.as_str()),
        ];
        let told = read(&receiver(&[SECRET], NOW), &headers, b"{}");
        prop_assert!(matches!(told, Err(WebhookError::BadSignature { .. })), "{told:?}");
    }

    #[test]
    fn a_changed_byte_breaks_the_signature(place in 0_usize..30, flip in 1_u8..=255) {
        let body = br#"{"type":"session.x","data":{}}"#;
        let timestamp = NOW.to_string();
        let own = signature(SECRET, "msg_1", &timestamp, body);
        let headers = [
            ("svix-id", "msg_1"),
            ("svix-timestamp", timestamp.as_str()),
            ("svix-signature", own.as_str()),
        ];
        let mut altered = body.to_vec();
        altered[place] ^= flip;
        let told = read(&receiver(&[SECRET], NOW), &headers, &altered);
        prop_assert!(matches!(told, Err(WebhookError::BadSignature { .. })), "{told:?}");
    }
}
