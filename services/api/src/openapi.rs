//! The OpenAPI document around the routes: what the API is, how to sign in, and how it fails.

use std::collections::BTreeMap;

use gantry_domain::AuditAction;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, Modify, OpenApi as _};

use crate::problem::{PROBLEM_JSON, Problem};

/// The document without the routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Gantry",
        description = "Submit typed jobs, watch them live and read their results. A failed request is answered with an \
            RFC 9457 problem whose `code` is stable; the codes of each status are listed with the routes. \
            Where requests are limited, every answer has `RateLimit-Limit`, the requests an hour, `RateLimit-Remaining`, those \
            that may still come at once, and `RateLimit-Reset`, the seconds until all have come back; a 429 has \
            `Retry-After` too."
    ),
    tags(
        (name = "jobs", description = "Handing in jobs and looking after them"),
        (name = "schedules", description = "Handing in jobs again and again, by the clock"),
        (name = "queues", description = "Where jobs wait, and holding them back"),
        (name = "tenants", description = "Whose jobs they are: making and ending tenants, holding one back, how long its jobs are kept"),
        (name = "members", description = "Who belongs to a tenant, and in which role"),
        (name = "audit", description = "Who did what, from where, to which resource"),
        (name = "api-keys", description = "How programs sign in"),
        (name = "pauses", description = "Who is held back"),
        (name = "limits", description = "How many jobs run at a time"),
        (name = "kinds", description = "What can be handed in"),
        (name = "workers", description = "Who runs the jobs"),
        (name = "users", description = "Who is calling"),
        (name = "profiles", description = "Who people are in a tenant, before and after they sign up"),
        (name = "webhooks", description = "What the identity provider tells by itself; proven by a signature"),
        (name = "qe", description = "Quantum ESPRESSO inputs"),
        (name = "health", description = "For whoever runs Gantry; needs no credentials"),
        (name = "docs", description = "This description; needs no credentials")
    ),
    security(("token" = []), ("development" = [])),
    components(schemas(Problem, AuditAction)),
    modifiers(&SignIn)
)]
struct Frame;

/// The document before the routes are added.
pub fn frame() -> OpenApi {
    Frame::openapi()
}

/// The ways to sign in.
struct SignIn;

impl Modify for SignIn {
    fn modify(&self, document: &mut OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "A token of the identity provider this installation uses, or an API key (`gk_…`)",
            ))
            .build();
        let development = ApiKeyValue::with_description(
            "X-Dev-User-Id",
            "Believed without proof where AUTH_MODE=dev-bypass; X-Dev-User-Email and X-Tenant-Id go with it",
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        components.add_security_scheme(
            "development",
            SecurityScheme::ApiKey(ApiKey::Header(development)),
        );
    }
}

/// The header under which a submission may be repeated.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents the header, which is read by hand")]
pub struct IdempotencyParameter {
    /// A name for this request, unique within the tenant: 1 to 255 visible ASCII characters. Kept for 24 hours.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]+$"
    )]
    idempotency_key: Option<String>,
}

/// Defines a set of problems by status; of several sets the later one describes a status that both have.
macro_rules! problems {
    ($(#[$meta:meta])* $name:ident { $($status:literal => $codes:literal),+ $(,)? }) => {
        $(#[$meta])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([$(($status.to_owned(), problem($codes))),+])
            }
        }
    };
}

mod api_keys;
mod control;
mod enrolment;
mod people;
mod schedules;

pub use api_keys::{ApiKeyBodyProblems, ApiKeyProblems};
pub use control::{LimitProblems, LimitRemovalProblems, PauseProblems};
pub use enrolment::{
    EnrolProblems, EnrolTokenProblems, MintProblems, RenewProblems, WorkerTokenProblems,
};
pub use people::{
    DeletionConflict, DeletionProblem, ExportProblems, ProfileChangeProblems, ProfileConflict,
    ProfileProblems, WebhookProblems,
};
pub use schedules::{
    ScheduleBodyProblems, ScheduleChangeProblems, ScheduleConflict, ScheduleOwnerProblem,
    ScheduleProblems,
};

problems! {
    /// What any call with credentials can be answered.
    CallProblems {
        "400" => "`bad_header`",
        "401" => "`unauthenticated`, `api_key_revoked`, `api_key_expired`",
        "403" => "`forbidden`, `not_a_member`, `missing_right`, `missing_scope`, `people_only`",
        "429" => "`rate_limited`",
        "500" => "`internal`",
        "503" => "`starting`, `database_unavailable`, `identity_provider_unavailable`",
    }
}

problems! {
    /// What a call with a body can be answered.
    BodyProblems {
        "400" => "`malformed_json`, `incomplete_body`, `bad_header`",
        "408" => "`body_too_slow`",
        "413" => "`body_too_large`, `payload_too_large`",
        "415" => "`unsupported_media_type`",
        "422" => "`invalid_request`, `unknown_kind`, `batch_size`",
    }
}

problems! {
    /// What a submission can be answered.
    SubmissionProblems {
        "400" => "`malformed_json`, `incomplete_body`, `bad_header`, `bad_idempotency_key`",
        "404" => "`job_not_found`: the job of the first request under this key was deleted",
        "409" => "`idempotency_key_reused`, `unique_key_taken`",
        "503" => "`overloaded`, `key_contended`, `stopping`, `starting`, `database_unavailable`, `identity_provider_unavailable`",
    }
}

problems! {
    /// What a call with query parameters can be answered.
    QueryProblems {
        "400" => "`bad_cursor`, `bad_header`",
        "422" => "`invalid_request`",
    }
}

problems! {
    /// What a call about one job can be answered.
    JobProblems {
        "400" => "`bad_id`, `bad_header`",
        "404" => "`job_not_found`",
    }
}

problems! {
    /// What a call about one batch can be answered.
    BatchProblems {
        "400" => "`bad_id`, `bad_header`",
        "404" => "`batch_not_found`",
    }
}

problems! {
    /// What a call about one job's log can be answered.
    LogProblems {
        "400" => "`bad_id`, `bad_cursor`, `bad_header`",
        "404" => "`job_not_found`",
        "422" => "`invalid_request`",
        "503" => "`too_many_followers`, `starting`, `database_unavailable`, `identity_provider_unavailable`",
    }
}

problems! {
    /// What a change of someone else's job is answered.
    OwnerProblem {
        "403" => "`not_the_owner`, `missing_right`, `not_a_member`, `forbidden`",
    }
}

problems! {
    /// What a change is answered that the job's state does not allow.
    ConflictProblem {
        "409" => "`job_already_ended`, `job_not_redrivable`, `unique_key_taken`",
    }
}

problems! {
    /// What a call about one kind can be answered.
    KindProblem {
        "404" => "`kind_not_found`",
    }
}

problems! {
    /// What a call of operators can be answered.
    OperatorProblem {
        "403" => "`not_an_operator`, `not_a_member`, `forbidden`",
    }
}

problems! {
    /// What a call with an id in its path can be answered.
    IdProblem {
        "400" => "`bad_id`, `bad_header`",
    }
}

problems! {
    /// What a call about one queue can be answered.
    QueueProblem {
        "404" => "`queue_not_found`",
    }
}

problems! {
    /// What a call of operators about one tenant can be answered.
    TenantProblems {
        "400" => "`bad_id`, `malformed_json`, `incomplete_body`, `bad_header`",
        "404" => "`tenant_not_found`",
    }
}

problems! {
    /// What a call about a tenant the caller may not belong to can be answered.
    MissingTenantProblem {
        "400" => "`bad_id`, `bad_cursor`, `bad_header`",
        "404" => "`tenant_not_found`",
    }
}

problems! {
    /// What making a tenant can be answered.
    TenantLimitProblem {
        "422" => "`invalid_request`, `too_many_tenants`",
    }
}

problems! {
    /// What a change of a tenant can be answered.
    ManagedTenantProblems {
        "400" => "`bad_id`, `malformed_json`, `incomplete_body`, `bad_header`",
        "404" => "`tenant_not_found`",
        "409" => "`managed_by_provider`",
        "422" => "`invalid_request`",
    }
}

problems! {
    /// What a new member can be answered.
    MemberAdditionProblems {
        "400" => "`bad_id`, `malformed_json`, `incomplete_body`, `bad_header`",
        "403" => "`owners_only`, `missing_right`, `forbidden`",
        "404" => "`tenant_not_found`, `user_not_found`",
        "409" => "`already_a_member`, `managed_by_provider`",
        "422" => "`invalid_request`, `too_many_members`",
    }
}

problems! {
    /// What a change of a member can be answered.
    MemberProblems {
        "400" => "`bad_id`, `malformed_json`, `incomplete_body`, `bad_header`",
        "403" => "`owners_only`, `missing_right`, `forbidden`",
        "404" => "`tenant_not_found`, `member_not_found`",
        "409" => "`last_owner`, `managed_by_provider`",
        "422" => "`invalid_request`",
    }
}

problems! {
    /// What a call of operators about one person can be answered.
    UserProblems {
        "400" => "`bad_id`, `malformed_json`, `incomplete_body`, `bad_header`",
        "404" => "`user_not_found`",
    }
}

problems! {
    /// What setting retention periods can be answered.
    RetentionProblems {
        "400" => "`bad_id`, `malformed_json`, `incomplete_body`, `bad_header`",
        "404" => "`tenant_not_found`",
        "408" => "`body_too_slow`",
        "413" => "`body_too_large`",
        "415" => "`unsupported_media_type`",
        "422" => "`invalid_request`",
    }
}

fn problem(codes: &str) -> RefOr<Response> {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description(format!("A problem with code {codes}"))
        .content(PROBLEM_JSON, content)
        .build()
        .into()
}
