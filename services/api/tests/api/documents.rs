//! The description of the API, for programs and for people.

use reqwest::{Method, StatusCode};

use crate::support::{TestApi, json_of};

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_is_served_to_everybody() {
    let api = TestApi::start().await;
    let answer = api
        .anonymous(Method::GET, "/api/v1/openapi.json")
        .send()
        .await
        .unwrap();
    let served = json_of(answer, StatusCode::OK).await;
    assert_eq!(
        served,
        serde_json::to_value(gantry_api::document()).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_docs_page_loads_nothing_from_elsewhere() {
    let api = TestApi::start().await;
    for path in ["/docs", "/api/v1/docs"] {
        let answer = api.anonymous(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.url().path(), "/docs/");
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(
            answer.headers()["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'self'")
        );
        let page = answer.text().await.unwrap();
        assert!(page.contains("swagger-ui"), "{page}");
        let sources = page.split(['"', '\'']).filter(|text| text.contains("//"));
        assert_eq!(sources.collect::<Vec<_>>(), [""; 0]);
    }
    let answer = api
        .anonymous(Method::GET, "/docs/swagger-initializer.js")
        .send()
        .await
        .unwrap();
    let script = answer.text().await.unwrap();
    assert!(script.contains("/api/v1/openapi.json"), "{script}");
    assert!(!script.contains("https://"), "{script}");
    for file in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-ui-standalone-preset.js",
    ] {
        let answer = api
            .anonymous(Method::GET, &format!("/docs/{file}"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{file}");
    }
}
