//! How requests about API keys fail.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use super::problem;

problems! {
    /// What a call about one API key can be answered.
    ApiKeyProblems {
        "400" => "`bad_id`, `bad_header`",
        "403" => "`not_the_owner`, `forbidden`, `missing_right`, `people_only`",
        "404" => "`api_key_not_found`",
    }
}

problems! {
    /// What a wish for an API key can be answered.
    ApiKeyBodyProblems {
        "422" => "`invalid_request`, `too_many_api_keys`",
    }
}
