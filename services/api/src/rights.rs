//! Who may do what: the one place where each operation's right and each role's rights are decided.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use gantry_domain::Role;

/// What an operation asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, without credentials.
    Anyone,
    /// Anyone with valid credentials, a program with an API key too.
    AnyCaller,
    /// A person who signed in, whatever their role.
    SignedIn,
    /// A right in the tenant the caller acts in.
    Right(Right),
    /// A right in the tenant that the path names; for a stranger there is no such tenant.
    RightInPath(Right),
    /// One of those whom `GANTRY_OPERATORS` names, whatever their role.
    Operator,
}

/// How far a right reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nothing.
    Nothing,
    /// What the caller made.
    Own,
    /// Everything of the tenant.
    All,
}

macro_rules! rights {
    ($( $(#[$meta:meta])* $right:ident = $word:literal: [$owner:ident, $admin:ident, $member:ident, $viewer:ident] ),+ $(,)?) => {
        /// Something a role may allow within a tenant.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Right { $( $(#[$meta])* $right ),+ }

        impl Right {
            /// Every right.
            pub const ALL: &'static [Self] = &[ $( Self::$right ),+ ];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$right => $word ),+ }
            }

            /// How far it reaches for someone of that role.
            pub const fn reach(self, role: Role) -> Reach {
                match (self, role) {
                    $(
                        (Self::$right, Role::Owner) => Reach::$owner,
                        (Self::$right, Role::Admin) => Reach::$admin,
                        (Self::$right, Role::Member) => Reach::$member,
                        (Self::$right, Role::Viewer) => Reach::$viewer,
                    )+
                }
            }
        }
    };
}

rights! {
    //                                              Owner  Admin  Member    Viewer
    /// Seeing jobs, their logs and their results.
    ReadJobs = "jobs:read":                         [All, All, All, All],
    /// Handing in jobs.
    SubmitJobs = "jobs:submit":                     [All, All, All, Nothing],
    /// Cancelling jobs and running them again.
    ControlJobs = "jobs:control":                   [All, All, Own, Nothing],
    /// Seeing schedules.
    ReadSchedules = "schedules:read":               [All, All, All, All],
    /// Making schedules.
    CreateSchedules = "schedules:create":           [All, All, All, Nothing],
    /// Changing, pausing, running and deleting schedules.
    ControlSchedules = "schedules:control":         [All, All, Own, Nothing],
    /// Seeing kinds, queues, workers and limits.
    ReadService = "service:read":                   [All, All, All, All],
    /// Seeing the tenant and who belongs to it.
    ReadTenant = "tenant:read":                     [All, All, All, All],
    /// Renaming the tenant, and choosing its members.
    ManageTenant = "tenant:manage":                 [All, All, Nothing, Nothing],
    /// Ending memberships; anyone may end their own.
    EndMemberships = "members:end":                 [All, All, Own, Own],
    /// Deleting the tenant.
    DeleteTenant = "tenant:delete":                 [All, Nothing, Nothing, Nothing],
    /// Seeing and changing profiles, which hold people's addresses.
    ManageProfiles = "profiles:manage":             [All, All, Nothing, Nothing],
    /// Making, seeing and revoking API keys.
    ManageKeys = "keys:manage":                     [All, All, Own, Nothing],
    /// Letting machines of the tenant's own in, seeing them and putting them out.
    ManageWorkers = "workers:manage":               [All, All, Nothing, Nothing],
    /// Reading the audit log.
    ReadAudit = "audit:read":                       [All, All, Nothing, Nothing],
}

impl Right {
    /// The right of that name.
    pub fn named(name: &str) -> Option<Self> {
        let mut rights = Self::ALL.iter().copied();
        rights.find(|right| right.as_str() == name)
    }

    /// Whether no API key can have it: with it a program could outlive its key, or end what it belongs to.
    pub const fn is_for_people_only(self) -> bool {
        matches!(
            self,
            Self::ManageKeys
                | Self::ManageTenant
                | Self::EndMemberships
                | Self::DeleteTenant
                | Self::ManageWorkers
        )
    }
}

impl fmt::Display for Right {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

use Access::{AnyCaller, Anyone, Operator, RightInPath, SignedIn};
use Right::*;

/// Every operation of the OpenAPI document. One that is missing here is refused.
#[rustfmt::skip]
pub const OPERATIONS: &[(&str, &str, Access)] = &[
    ("POST",   "/api/v1/jobs",                                         Access::Right(SubmitJobs)),
    ("POST",   "/api/v1/jobs/batch",                                   Access::Right(SubmitJobs)),
    ("POST",   "/api/v1/jobs/retry",                                   Access::Right(ControlJobs)),
    ("POST",   "/api/v1/jobs/cancel",                                  Access::Right(ControlJobs)),
    ("GET",    "/api/v1/jobs",                                         Access::Right(ReadJobs)),
    ("GET",    "/api/v1/jobs/{id}",                                    Access::Right(ReadJobs)),
    ("GET",    "/api/v1/jobs/{id}/logs",                               Access::Right(ReadJobs)),
    ("GET",    "/api/v1/jobs/{id}/attempts",                           Access::Right(ReadJobs)),
    ("GET",    "/api/v1/jobs/{id}/why",                                Access::Right(ReadJobs)),
    ("POST",   "/api/v1/jobs/{id}/cancel",                             Access::Right(ControlJobs)),
    ("POST",   "/api/v1/jobs/{id}/retry",                              Access::Right(ControlJobs)),
    ("GET",    "/api/v1/batches/{id}",                                 Access::Right(ReadJobs)),
    ("POST",   "/api/v1/schedules",                                    Access::Right(CreateSchedules)),
    ("GET",    "/api/v1/schedules",                                    Access::Right(ReadSchedules)),
    ("GET",    "/api/v1/schedules/{id}",                               Access::Right(ReadSchedules)),
    ("PATCH",  "/api/v1/schedules/{id}",                               Access::Right(ControlSchedules)),
    ("DELETE", "/api/v1/schedules/{id}",                               Access::Right(ControlSchedules)),
    ("POST",   "/api/v1/schedules/{id}/pause",                         Access::Right(ControlSchedules)),
    ("POST",   "/api/v1/schedules/{id}/resume",                        Access::Right(ControlSchedules)),
    ("POST",   "/api/v1/schedules/{id}/run",                           Access::Right(ControlSchedules)),
    ("GET",    "/api/v1/queues",                                       Access::Right(ReadService)),
    ("GET",    "/api/v1/queues/{queue}",                               Access::Right(ReadService)),
    ("POST",   "/api/v1/queues/{queue}/pause",                         Operator),
    ("POST",   "/api/v1/queues/{queue}/resume",                        Operator),
    ("GET",    "/api/v1/pauses",                                       Operator),
    ("GET",    "/api/v1/limits",                                       Operator),
    ("PUT",    "/api/v1/limits/tenants/{tenant}",                      Operator),
    ("DELETE", "/api/v1/limits/tenants/{tenant}",                      Operator),
    ("PUT",    "/api/v1/limits/kinds/{kind}",                          Operator),
    ("DELETE", "/api/v1/limits/kinds/{kind}",                          Operator),
    ("POST",   "/api/v1/tenants",                                      SignedIn),
    ("GET",    "/api/v1/tenants",                                      SignedIn),
    ("GET",    "/api/v1/tenants/{tenant_id}",                          RightInPath(ReadTenant)),
    ("PATCH",  "/api/v1/tenants/{tenant_id}",                          RightInPath(ManageTenant)),
    ("DELETE", "/api/v1/tenants/{tenant_id}",                          RightInPath(DeleteTenant)),
    ("GET",    "/api/v1/tenants/{tenant_id}/members",                  RightInPath(ReadTenant)),
    ("POST",   "/api/v1/tenants/{tenant_id}/members",                  RightInPath(ManageTenant)),
    ("PATCH",  "/api/v1/tenants/{tenant_id}/members/{user_id}",        RightInPath(ManageTenant)),
    ("DELETE", "/api/v1/tenants/{tenant_id}/members/{user_id}",        RightInPath(EndMemberships)),
    ("POST",   "/api/v1/tenants/{tenant_id}/pause",                    Operator),
    ("POST",   "/api/v1/tenants/{tenant_id}/resume",                   Operator),
    ("GET",    "/api/v1/tenants/{tenant_id}/retention",                Operator),
    ("PUT",    "/api/v1/tenants/{tenant_id}/retention",                Operator),
    ("DELETE", "/api/v1/tenants/{tenant_id}/retention",                Operator),
    ("GET",    "/api/v1/tenants/{tenant_id}/tier",                     Operator),
    ("PUT",    "/api/v1/tenants/{tenant_id}/tier",                     Operator),
    ("POST",   "/api/v1/api-keys",                                     Access::Right(ManageKeys)),
    ("GET",    "/api/v1/api-keys",                                     Access::Right(ManageKeys)),
    ("GET",    "/api/v1/api-keys/{id}",                                Access::Right(ManageKeys)),
    ("DELETE", "/api/v1/api-keys/{id}",                                Access::Right(ManageKeys)),
    ("GET",    "/api/v1/users/me",                                     AnyCaller),
    ("DELETE", "/api/v1/users/me",                                     SignedIn),
    ("GET",    "/api/v1/users/me/export",                              SignedIn),
    ("GET",    "/api/v1/users/me/exports/{export_id}",                 SignedIn),
    ("GET",    "/api/v1/users/me/deletion",                            SignedIn),
    ("POST",   "/api/v1/users/me/deletion/cancel",                     SignedIn),
    ("POST",   "/api/v1/users/{user_id}/pause",                        Operator),
    ("POST",   "/api/v1/users/{user_id}/resume",                       Operator),
    ("POST",   "/api/v1/profiles",                                     Access::Right(ManageProfiles)),
    ("GET",    "/api/v1/profiles",                                     Access::Right(ManageProfiles)),
    ("GET",    "/api/v1/profiles/{id}",                                Access::Right(ManageProfiles)),
    ("PATCH",  "/api/v1/profiles/{id}",                                Access::Right(ManageProfiles)),
    ("DELETE", "/api/v1/profiles/{id}",                                Access::Right(ManageProfiles)),
    ("POST",   "/api/v1/webhooks/{source}",                            Anyone),
    ("POST",   "/api/webhooks/{source}",                               Anyone),
    ("GET",    "/api/v1/audit",                                        Access::Right(ReadAudit)),
    ("GET",    "/api/v1/installation/audit",                           Operator),
    ("GET",    "/api/v1/kinds",                                        Access::Right(ReadService)),
    ("GET",    "/api/v1/kinds/{name}",                                 Access::Right(ReadService)),
    ("GET",    "/api/v1/workers",                                      Access::Right(ReadService)),
    ("POST",   "/api/v1/workers/enrol-tokens",                         Access::Right(ManageWorkers)),
    ("GET",    "/api/v1/workers/enrol-tokens",                         Access::Right(ManageWorkers)),
    ("DELETE", "/api/v1/workers/enrol-tokens/{token_id}",              Access::Right(ManageWorkers)),
    ("POST",   "/api/v1/workers/enroll",                               Anyone),
    ("POST",   "/api/v1/workers/tokens/renew",                         Anyone),
    ("GET",    "/api/v1/workers/tokens",                               Access::Right(ManageWorkers)),
    ("DELETE", "/api/v1/workers/tokens/{token_id}",                    Access::Right(ManageWorkers)),
    ("POST",   "/api/v1/qe/parse",                                     Access::Right(SubmitJobs)),
    ("GET",    "/api/v1/health",                                       Anyone),
    ("GET",    "/livez",                                               Anyone),
    ("GET",    "/readyz",                                              Anyone),
    ("GET",    "/api/v1/openapi.json",                                 Anyone),
];

/// What an operation asks of its caller; nothing is known of one that is not in the table.
pub fn access_to(method: &str, path_pattern: &str) -> Option<Access> {
    static BY_OPERATION: LazyLock<HashMap<(&str, &str), Access>> = LazyLock::new(|| {
        OPERATIONS
            .iter()
            .map(|(method, path, access)| ((*method, *path), *access))
            .collect()
    });
    BY_OPERATION.get(&(method, path_pattern)).copied()
}
