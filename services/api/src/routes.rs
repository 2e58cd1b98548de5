//! Every route, one verb a file.

mod api_keys;
mod audit;
mod batches;
mod docs;
mod health;
mod jobs;
mod kinds;
mod limits;
mod members;
mod pauses;
mod probes;
mod profiles;
mod qe;
mod queues;
mod schedules;
mod tenants;
mod unmatched;
mod users;
mod webhooks;
mod workers;

pub use docs::docs_page;
pub use unmatched::unmatched;

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa_actix_web::{OpenApiFactory, service_config};

/// The paths that need no credentials and answer before the start is complete.
const PUBLIC: [&str; 6] = [
    "/livez",
    "/readyz",
    "/api/v1/health",
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/docs",
];

/// Whether a path needs no credentials and answers before the start is complete.
pub fn is_public(path: &str) -> bool {
    PUBLIC.contains(&path) || path.starts_with("/docs/")
}

/// What routes are registered with: the OpenAPI document, or a server thread, which has no use for their description.
trait Registry {
    /// Registers one route.
    fn service<Factory>(&mut self, route: Factory) -> &mut Self
    where
        Factory: HttpServiceFactory + OpenApiFactory + 'static;
}

impl Registry for service_config::ServiceConfig<'_> {
    fn service<Factory>(&mut self, route: Factory) -> &mut Self
    where
        Factory: HttpServiceFactory + OpenApiFactory + 'static,
    {
        Self::service(self, route)
    }
}

impl Registry for web::ServiceConfig {
    fn service<Factory>(&mut self, route: Factory) -> &mut Self
    where
        Factory: HttpServiceFactory + OpenApiFactory + 'static,
    {
        Self::service(self, route)
    }
}

/// Registers every route that is part of the OpenAPI document with a server thread.
pub fn serve(routes: &mut web::ServiceConfig) {
    register(routes);
}

/// Registers every route that is part of the OpenAPI document with the document.
pub fn describe(routes: &mut service_config::ServiceConfig<'_>) {
    register(routes);
}

fn register(routes: &mut impl Registry) {
    routes
        .service(jobs::submit_job)
        .service(jobs::submit_jobs)
        .service(jobs::retry_jobs)
        .service(jobs::cancel_jobs)
        .service(batches::show_batch)
        .service(jobs::list_jobs)
        .service(jobs::show_job)
        .service(jobs::read_log)
        .service(jobs::list_attempts)
        .service(jobs::explain_job)
        .service(jobs::cancel_job)
        .service(jobs::retry_job)
        .service(schedules::create_schedule)
        .service(schedules::list_schedules)
        .service(schedules::show_schedule)
        .service(schedules::update_schedule)
        .service(schedules::delete_schedule)
        .service(schedules::pause_schedule)
        .service(schedules::resume_schedule)
        .service(schedules::run_schedule)
        .service(api_keys::create_api_key)
        .service(api_keys::list_api_keys)
        .service(api_keys::show_api_key)
        .service(api_keys::revoke_api_key)
        .service(queues::list_queues)
        .service(queues::show_queue)
        .service(queues::pause_queue)
        .service(queues::resume_queue)
        .service(tenants::create_tenant)
        .service(tenants::list_tenants)
        .service(tenants::show_tenant)
        .service(tenants::rename_tenant)
        .service(tenants::delete_tenant)
        .service(members::list_members)
        .service(members::add_member)
        .service(members::change_member_role)
        .service(members::remove_member)
        .service(audit::read_audit)
        .service(audit::read_installation_audit)
        .service(tenants::pause_tenant)
        .service(tenants::resume_tenant)
        .service(tenants::show_tenant_retention)
        .service(tenants::set_tenant_retention)
        .service(tenants::clear_tenant_retention)
        .service(tenants::show_tenant_tier)
        .service(tenants::set_tenant_tier)
        .service(users::pause_user)
        .service(users::resume_user)
        .service(pauses::list_pauses)
        .service(limits::list_limits)
        .service(limits::set_tenant_limit)
        .service(limits::remove_tenant_limit)
        .service(limits::set_kind_limit)
        .service(limits::remove_kind_limit)
        .service(kinds::list_kinds)
        .service(kinds::show_kind)
        .service(workers::list_workers)
        .service(workers::mint_enrol_token)
        .service(workers::list_enrol_tokens)
        .service(workers::withdraw_enrol_token)
        .service(workers::enroll_worker)
        .service(workers::renew_worker_token)
        .service(workers::list_worker_tokens)
        .service(workers::revoke_worker_token)
        .service(users::show_caller)
        .service(users::export_caller)
        .service(users::show_account_export)
        .service(users::delete_caller)
        .service(users::show_account_deletion)
        .service(users::cancel_account_deletion)
        .service(profiles::create_profile)
        .service(profiles::list_profiles)
        .service(profiles::show_profile)
        .service(profiles::update_profile)
        .service(profiles::delete_profile)
        .service(webhooks::receive_webhook)
        .service(webhooks::receive_unversioned_webhook)
        .service(qe::parse_input)
        .service(health::show_health)
        .service(probes::tell_liveness)
        .service(probes::tell_readiness)
        .service(docs::show_openapi_document);
}
