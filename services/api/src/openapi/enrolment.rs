//! How requests about machines of tenants' own fail.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use super::problem;

problems! {
    /// What minting an enrol token can be answered.
    MintProblems {
        "422" => "`invalid_request`, `too_many_enrol_tokens`, `too_many_queues`",
        "503" => "`enrolment_not_offered`, `starting`, `database_unavailable`, `identity_provider_unavailable`",
    }
}

problems! {
    /// What a call about one enrol token can be answered.
    EnrolTokenProblems {
        "400" => "`bad_id`, `bad_header`",
        "404" => "`enrol_token_not_found`",
    }
}

problems! {
    /// What a call about one worker token can be answered.
    WorkerTokenProblems {
        "400" => "`bad_id`, `bad_header`",
        "404" => "`worker_token_not_found`",
    }
}

problems! {
    /// What a machine that wants to be let in can be answered.
    EnrolProblems {
        "400" => "`malformed_json`, `incomplete_body`",
        "401" => "`enrol_token_refused`, `worker_token_revoked`: the machine was put out as it came in",
        "422" => "`invalid_request`, `too_many_machines`",
        "429" => "`rate_limited`: too many refused tokens came from this address",
        "500" => "`internal`",
        "503" => "`enrolment_not_offered`, `starting`, `database_unavailable`",
    }
}

problems! {
    /// What a machine that renews its token can be answered.
    RenewProblems {
        "400" => "`malformed_json`, `incomplete_body`",
        "401" => "`worker_token_revoked`, `worker_token_expired`, `worker_token_unknown`",
        "422" => "`invalid_request`",
        "429" => "`rate_limited`: too many refused tokens came from this address",
        "500" => "`internal`",
        "503" => "`starting`, `database_unavailable`",
    }
}
