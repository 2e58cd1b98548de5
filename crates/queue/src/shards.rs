//! Which shards of a queue a process reads and writes: all of them, or that of one tenant.

use gantry_domain::{TenantId, TenantShard};

/// Which shards of a queue a process reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shards {
    /// All: the operator's own services.
    All,
    /// The one that a tenant's doorbells are in: its own machines.
    Of(TenantShard),
}

impl Shards {
    /// Those of a machine of this tenant, or of the operator's services.
    pub(crate) fn of(machine_of: Option<TenantId>) -> Self {
        machine_of.map_or(Self::All, |tenant_id| Self::Of(TenantShard::of(tenant_id)))
    }

    /// How many they are.
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::All => TenantShard::COUNT as usize,
            Self::Of(_) => 1,
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = TenantShard> {
        TenantShard::all().filter(move |shard| match self {
            Self::All => true,
            Self::Of(own) => *shard == own,
        })
    }
}
