//! The cross-tenant doors: the few purposes for which a statement may reach beyond one tenant.

/// A purpose for which row-level security lets a role reach beyond one tenant. What each allows is written in the
/// schema's policies; README.md lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// The API writes down who signed in.
    Identity,
    /// The API adds jobs of several tenants with one INSERT; it can read or change none.
    Submit,
    /// The API does what operators ask for, or counts what waits and runs in all tenants.
    Operate,
    /// The API writes down what the identity provider tells.
    Directory,
    /// The API finds out whose an API key is.
    Key,
    /// The API looks who uses the one queue that a tenant wants for itself.
    Claim,
    /// The API takes away what machines were given whose token has ended.
    Close,
    /// The worker claims, runs and settles the jobs of every tenant.
    Dispatch,
}

impl Door {
    /// The door's name in the schema's policies.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Submit => "submit",
            Self::Operate => "operate",
            Self::Directory => "directory",
            Self::Key => "key",
            Self::Claim => "claim",
            Self::Close => "close",
            Self::Dispatch => "dispatch",
        }
    }
}
