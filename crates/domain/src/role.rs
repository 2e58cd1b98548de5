//! What a person is in a tenant.

use crate::word::word_enum;

word_enum! {
    /// What a person is in a tenant, from the most to the least rights. What each may do is the API's table of rights.
    Role, "role" {
        /// Everything, the tenant's end and its owners included.
        Owner = "owner",
        /// Everything but the tenant's end and its owners.
        Admin = "admin",
        /// Hands in jobs and looks after their own.
        Member = "member",
        /// Looks on.
        Viewer = "viewer",
    }
}

impl Role {
    /// The role that an identity provider's word stands for, without the provider's prefix. A word nobody here knows may
    /// only look on.
    pub fn from_provider(word: &str) -> Self {
        match word {
            "owner" => Self::Owner,
            "admin" => Self::Admin,
            "member" | "basic_member" => Self::Member,
            _ => Self::Viewer,
        }
    }
}
