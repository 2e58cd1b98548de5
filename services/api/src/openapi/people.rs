//! The problems of calls about people.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use super::problem;

problems! {
    /// What a webhook can be answered.
    WebhookProblems {
        "400" => "`bad_signature`, `malformed_webhook`, `incomplete_body`",
        "404" => "`webhook_source_not_found`",
        "408" => "`body_too_slow`",
        "413" => "`body_too_large`",
        "500" => "`internal`",
        "503" => "`webhooks_not_configured`, `starting`, `database_unavailable`",
    }
}

problems! {
    /// What a call about one profile can be answered.
    ProfileProblems {
        "400" => "`bad_id`, `bad_header`",
        "404" => "`profile_not_found`",
    }
}

problems! {
    /// What a profile is answered whose address has one.
    ProfileConflict {
        "409" => "`profile_email_taken`",
    }
}

problems! {
    /// What changes of a profile can be answered.
    ProfileChangeProblems {
        "400" => "`bad_id`, `malformed_json`, `incomplete_body`, `bad_header`",
        "422" => "`invalid_request`",
    }
}

problems! {
    /// What a call about an archive can be answered.
    ExportProblems {
        "400" => "`bad_id`, `bad_header`",
        "404" => "`export_not_found`",
        "409" => "`export_not_ready`",
    }
}

problems! {
    /// What a call about the end of an account can be answered.
    DeletionProblem {
        "404" => "`deletion_not_requested`",
    }
}

problems! {
    /// What a wish is answered that comes too late.
    DeletionConflict {
        "409" => "`deletion_not_cancellable`",
    }
}
