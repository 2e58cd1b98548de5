//! What is read from messages.

use chrono::DateTime;
use gantry_auth::{WebhookError, WebhookMessage};
use gantry_domain::{
    DirectoryEvent, DirectoryMembership, DirectoryNotice, DirectoryOrganization, DirectoryUser,
    Role,
};
use serde_json::{Value, json};

use crate::sender::{ISSUER, NOW, receive, receive_json};

const UPDATED_AT: i64 = 1_799_999_000_123;
const TOLD_AT: i64 = 1_799_999_500_456;

fn user() -> Value {
    json!({
        "id": "user_ada", "object": "user", "first_name": "Ada", "last_name": "Lovelace",
        "email_addresses": [
            {"id": "idn_1", "email_address": "first@example.com", "verification": {"status": "verified"}},
            {"id": "idn_2", "email_address": "Ada@Example.com", "verification": {"status": "verified", "strategy": "ticket"}},
        ],
        "primary_email_address_id": "idn_2",
        "public_metadata": {"cohort": "beta"}, "unsafe_metadata": {"cohort": "unsafe"},
        "created_at": UPDATED_AT - 5, "updated_at": UPDATED_AT,
    })
}

fn envelope(sort: &str, data: &Value) -> Value {
    json!({"type": sort, "object": "event", "data": data, "timestamp": TOLD_AT, "instance_id": "ins_1", "new": []})
}

fn notice(sort: &str, data: &Value) -> DirectoryNotice {
    match receive_json(&envelope(sort, data)) {
        Ok(WebhookMessage::Notice(notice)) => notice,
        other => panic!("{sort}: {other:?}"),
    }
}

fn read_user(data: &Value) -> DirectoryUser {
    match notice("user.updated", data).event {
        DirectoryEvent::UserChanged(user) => user,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_person_is_read_with_the_verified_primary_address() {
    for sort in ["user.created", "user.updated"] {
        let read = notice(sort, &user());
        assert_eq!(read.issuer, ISSUER);
        assert_eq!(read.delivery_id, "msg_1");
        assert_eq!(read.changed_at.timestamp_millis(), UPDATED_AT);
        let expected = DirectoryUser {
            subject: "user_ada".to_owned(),
            verified_email: Some("Ada@Example.com".parse().unwrap()),
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovelace".to_owned()),
            cohort: Some("beta".to_owned()),
        };
        assert_eq!(read.event, DirectoryEvent::UserChanged(expected));
    }
}

#[test]
fn no_other_address_stands_in_for_a_verified_primary_one() {
    let changes: [(&str, Value); 10] = [
        (
            "/email_addresses/1/verification/status",
            json!("unverified"),
        ),
        ("/email_addresses/1/verification/status", json!("Verified")),
        ("/email_addresses/1/verification/status", json!(true)),
        ("/email_addresses/1/verification", json!(null)),
        (
            "/email_addresses/1/email_address",
            json!("ada@example.com, bob@example.com"),
        ),
        ("/email_addresses/0/id", json!("idn_2")),
        ("/primary_email_address_id", json!(null)),
        ("/primary_email_address_id", json!("idn_3")),
        ("/email_addresses", json!({"id": "idn_2"})),
        ("/email_addresses", json!([])),
    ];
    for (path, value) in changes {
        let mut data = user();
        *data.pointer_mut(path).unwrap() = value.clone();
        assert_eq!(read_user(&data).verified_email, None, "{path} = {value}");
    }
}

#[test]
fn names_are_taken_without_what_cannot_be_shown() {
    for (sent, expected) in [
        (json!("  Ada \u{0}\n "), Some("Ada".to_owned())),
        (json!(""), None),
        (json!("\u{0}"), None),
        (json!(null), None),
        (json!(7), None),
        (json!("é".repeat(300)), Some("é".repeat(100))),
    ] {
        let mut data = user();
        data["first_name"] = sent.clone();
        assert_eq!(read_user(&data).first_name, expected, "{sent}");
    }
}

#[test]
fn a_cohort_is_what_the_public_metadata_name_and_nothing_else() {
    for metadata in [
        json!({"Cohort": "beta"}),
        json!([]),
        json!("beta"),
        json!(null),
        json!({"cohort": 7}),
    ] {
        let mut data = user();
        data["public_metadata"] = metadata.clone();
        assert_eq!(read_user(&data).cohort, None, "{metadata}");
    }
}

#[test]
fn the_time_of_a_change_is_the_datas_then_the_messages_then_that_of_its_sending() {
    let sent_at = NOW * 1_000;
    for (updated_at, told_at, expected) in [
        (json!(UPDATED_AT), json!(TOLD_AT), UPDATED_AT),
        (json!(null), json!(TOLD_AT), TOLD_AT),
        (json!("1799999000123"), json!(TOLD_AT), TOLD_AT),
        (json!(1e300), json!(TOLD_AT), TOLD_AT),
        (json!(i64::MAX), json!(TOLD_AT), TOLD_AT),
        (json!(-1), json!(null), sent_at),
        (json!(null), json!({}), sent_at),
    ] {
        let mut data = user();
        data["updated_at"] = updated_at.clone();
        let mut message = envelope("user.updated", &data);
        message["timestamp"] = told_at;
        let Ok(WebhookMessage::Notice(read)) = receive_json(&message) else {
            panic!("{updated_at}");
        };
        assert_eq!(
            read.changed_at,
            DateTime::from_timestamp_millis(expected).unwrap()
        );
    }
}

#[test]
fn the_end_of_a_person_is_later_than_what_their_data_say() {
    let data = json!({"deleted": true, "id": "user_ada", "object": "user"});
    let read = notice("user.deleted", &data);
    assert_eq!(read.changed_at.timestamp_millis(), TOLD_AT);
    let subject = "user_ada".to_owned();
    assert_eq!(read.event, DirectoryEvent::UserDeleted { subject });
    let of_nobody = json!({"deleted": true, "object": "user"});
    assert_eq!(
        receive_json(&envelope("user.deleted", &of_nobody)),
        Ok(WebhookMessage::Irrelevant)
    );
}

#[test]
fn an_organization_is_read_with_its_name() {
    let data = json!({"id": "org_acme", "name": "Acme", "slug": "acme", "updated_at": UPDATED_AT});
    let expected = DirectoryOrganization {
        external_id: "org_acme".to_owned(),
        name: Some("Acme".to_owned()),
    };
    for sort in ["organization.created", "organization.updated"] {
        let event = DirectoryEvent::OrganizationChanged(expected.clone());
        assert_eq!(notice(sort, &data).event, event);
    }
    let gone = json!({"deleted": true, "id": "org_acme", "object": "organization"});
    let external_id = "org_acme".to_owned();
    assert_eq!(
        notice("organization.deleted", &gone).event,
        DirectoryEvent::OrganizationDeleted { external_id }
    );
}

#[test]
fn a_membership_is_read_with_the_least_role_its_word_can_mean() {
    for (word, role) in [
        (json!("org:owner"), Role::Owner),
        (json!("org:admin"), Role::Admin),
        (json!("admin"), Role::Admin),
        (json!("org:member"), Role::Member),
        (json!("basic_member"), Role::Member),
        (json!("org:Admin"), Role::Viewer),
        (json!("org:org:admin"), Role::Viewer),
        (json!("org:billing"), Role::Viewer),
        (json!(null), Role::Viewer),
    ] {
        let data = json!({
            "id": "orgmem_1", "role": word, "updated_at": UPDATED_AT,
            "organization": {"id": "org_acme", "name": "Acme"},
            "public_user_data": {"user_id": "user_ada", "identifier": "ada@example.com"},
        });
        let membership = DirectoryMembership {
            external_id: Some("orgmem_1".to_owned()),
            organization: DirectoryOrganization {
                external_id: "org_acme".to_owned(),
                name: Some("Acme".to_owned()),
            },
            subject: "user_ada".to_owned(),
        };
        for sort in [
            "organizationMembership.created",
            "organizationMembership.updated",
        ] {
            let event = DirectoryEvent::MembershipChanged(membership.clone(), role);
            assert_eq!(notice(sort, &data).event, event, "{word}");
        }
        let ended = notice("organizationMembership.deleted", &data);
        assert_eq!(ended.event, DirectoryEvent::MembershipDeleted(membership));
        assert_eq!(ended.changed_at.timestamp_millis(), TOLD_AT);
    }
}

#[test]
fn everything_else_is_of_no_concern() {
    for sort in [
        "session.created",
        "email.created",
        "user.createdAtPaddle",
        "",
        "USER.CREATED",
    ] {
        let told = receive_json(&envelope(sort, &json!({"id": "x"})));
        assert_eq!(told, Ok(WebhookMessage::Irrelevant), "{sort}");
    }
}

#[test]
fn a_true_message_that_cannot_be_understood_is_said_to_be_so() {
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"no json".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        br#"{"type": 7}"#.to_vec(),
        br#"{"type": "user.created"}"#.to_vec(),
        br#"{"type": "user.created", "data": []}"#.to_vec(),
        br#"{"type": "user.created", "data": {"id": ""}}"#.to_vec(),
        br#"{"type": "user.created", "data": {"id": "a\u0000b"}}"#.to_vec(),
        br#"{"type": "user.created", "data": {"id": "a b"}}"#.to_vec(),
        br#"{"type": "user.deleted", "data": {"id": 7}}"#.to_vec(),
        br#"{"type": "organizationMembership.created", "data": {"id": "orgmem_1"}}"#.to_vec(),
        b"\xff\xfe".to_vec(),
        [b"[".repeat(100_000), b"]".repeat(100_000)].concat(),
        format!(
            r#"{{"type": "user.created", "data": {{"id": "{}"}}}}"#,
            "a".repeat(256)
        )
        .into_bytes(),
    ];
    for body in bodies {
        let told = receive(&body);
        let text = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        assert!(
            matches!(told, Err(WebhookError::Malformed { .. })),
            "{text}: {told:?}"
        );
    }
}
