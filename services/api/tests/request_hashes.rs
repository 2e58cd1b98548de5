//! What tells requests apart under one idempotency key: everything they ask for, and nothing of how it is written.

use gantry_api::RequestHash;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map(".{0,3}", inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn hash(document: &Value) -> RequestHash {
    RequestHash::of("POST", "/api/v1/jobs", document)
}

/// The document as another writer would write it: with space around everything and its fields in the reverse order.
fn written_otherwise(document: &Value) -> String {
    let listed = |parts: Vec<String>| parts.join(" ,\n ");
    match document {
        Value::Array(items) => {
            format!(
                "[ {} ]",
                listed(items.iter().map(written_otherwise).collect())
            )
        }
        Value::Object(fields) => {
            let fields = fields.iter().rev();
            let fields = fields.map(|(name, value)| {
                format!(
                    "{} :\t{}",
                    Value::from(name.as_str()),
                    written_otherwise(value)
                )
            });
            format!("{{ {} }}", listed(fields.collect()))
        }
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn spacing_and_the_order_of_fields_do_not_matter(document in document()) {
        let read: Value = serde_json::from_str(&written_otherwise(&document)).expect("JSON");
        let plain: Value = serde_json::from_str(&document.to_string()).expect("JSON");
        prop_assert_eq!(hash(&read), hash(&plain));
    }

    #[test]
    fn different_documents_have_different_hashes(one in document(), other in document()) {
        prop_assert_eq!(one == other, hash(&one) == hash(&other));
    }

    #[test]
    fn the_method_and_the_path_matter(document in document(), path in "/[a-z/]{0,20}") {
        let own = RequestHash::of("POST", &path, &document);
        prop_assert_ne!(own, RequestHash::of("PUT", &path, &document));
        prop_assert_ne!(own, RequestHash::of("POST", &format!("{path}x"), &document));
    }
}

#[test]
fn what_only_looks_alike_is_told_apart() {
    let alike = [
        json!([[1], []]),
        json!([[], [1]]),
        json!([[1, []]]),
        json!({"a": "b"}),
        json!(["a", "b"]),
        json!({"ab": ""}),
        json!("1"),
        json!(1),
        json!(1.0),
        json!(null),
        json!("null"),
        json!({}),
        json!([]),
        json!(""),
    ];
    for (place, one) in alike.iter().enumerate() {
        for other in &alike[place + 1..] {
            assert_ne!(hash(one), hash(other), "{one} {other}");
        }
    }
}
