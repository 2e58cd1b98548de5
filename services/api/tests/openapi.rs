//! The OpenAPI document, as a whole and held against the routes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(gantry_api::document()).expect("the document is JSON")
}

#[test]
fn the_document_is_as_agreed() {
    insta::assert_json_snapshot!(document());
}

/// Every file below `routes/<resource>/` is one verb, and each verb is in the document.
#[test]
fn every_route_is_in_the_document() {
    let mut registered = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(path).unwrap();
            for method in ["get", "post", "put", "patch", "delete"] {
                let attribute = format!("#[{method}(\"");
                for rest in source.split(&attribute).skip(1) {
                    let path = rest.split('"').next().unwrap();
                    registered.insert((method.to_owned(), path.to_owned()));
                }
            }
        }
    }
    let mut documented = BTreeSet::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            documented.insert((method.clone(), path.clone()));
        }
    }
    assert_eq!(documented, registered);
    let with_a_right: BTreeSet<(String, String)> = gantry_api::OPERATIONS
        .iter()
        .map(|(method, path, _)| (method.to_lowercase(), (*path).to_owned()))
        .collect();
    assert_eq!(documented, with_a_right);
}

#[test]
fn every_operation_says_what_it_does_and_has_a_name_of_its_own() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(operation["tags"][0].is_string(), "{method} {path}");
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(names.insert(name), "{method} {path}");
        }
    }
}

#[test]
fn every_reference_leads_to_a_schema() {
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(
            document["components"]["schemas"].get(name).is_some(),
            "{name}"
        );
    }
}
