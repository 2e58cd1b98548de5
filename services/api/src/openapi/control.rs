//! How requests that hold jobs back fail.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use super::problem;

problems! {
    /// What setting a limit can be answered.
    LimitProblems {
        "400" => "`bad_id`, `malformed_json`, `incomplete_body`, `bad_header`",
        "404" => "`tenant_not_found`, `kind_not_found`",
        "408" => "`body_too_slow`",
        "413" => "`body_too_large`",
        "415" => "`unsupported_media_type`",
        "422" => "`invalid_request`, `too_many_limits`",
    }
}

problems! {
    /// What removing a limit can be answered.
    LimitRemovalProblems {
        "400" => "`bad_id`, `bad_header`",
        "404" => "`limit_not_found`, `kind_not_found`",
    }
}

problems! {
    /// What a pause can be answered.
    PauseProblems {
        "400" => "`malformed_json`, `incomplete_body`, `bad_header`",
        "408" => "`body_too_slow`",
        "413" => "`body_too_large`",
        "415" => "`unsupported_media_type`",
        "422" => "`invalid_request`, `too_many_pauses`",
    }
}
