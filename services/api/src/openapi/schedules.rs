//! How requests about schedules fail.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use super::problem;

problems! {
    /// What a call about one schedule can be answered.
    ScheduleProblems {
        "400" => "`bad_id`, `bad_header`",
        "404" => "`schedule_not_found`",
    }
}

problems! {
    /// What a change of someone else's schedule is answered.
    ScheduleOwnerProblem {
        "403" => "`not_the_owner`, `missing_right`, `not_a_member`, `forbidden`",
    }
}

problems! {
    /// What a schedule's terms can be answered.
    ScheduleBodyProblems {
        "422" => "`invalid_request`, `unknown_kind`, `too_many_schedules`",
    }
}

problems! {
    /// What changed terms can be answered.
    ScheduleChangeProblems {
        "400" => "`bad_id`, `malformed_json`, `incomplete_body`, `bad_header`",
        "422" => "`invalid_request`, `unknown_kind`",
    }
}

problems! {
    /// What terms are answered that clash with those of others.
    ScheduleConflict {
        "409" => "`schedule_name_taken`, `schedule_outdated`",
    }
}
