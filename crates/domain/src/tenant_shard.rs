//! The share of a queue that a tenant's jobs wait in, so that one tenant's many do not stand before another's few.

use crate::TenantId;

/// Which of a queue's parallel streams holds a tenant's doorbells: stochastic fair queueing.
///
/// The streams are read in turn, so a tenant with many jobs waiting holds up only the tenants of its own shard: one in
/// [`TenantShard::COUNT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantShard(u8);

impl TenantShard {
    /// How many there are. Part of the protocol: every service must place a tenant alike.
    pub const COUNT: u8 = 32;

    /// The shard of a tenant.
    pub fn of(tenant_id: TenantId) -> Self {
        // FNV-1a: any hash would do that every version of every service computes alike.
        let hash = tenant_id
            .as_uuid()
            .as_bytes()
            .iter()
            .fold(0x811c_9dc5_u32, |hash, byte| {
                (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
            });
        let [high, .., low] = hash.to_be_bytes();
        Self((high ^ low) % Self::COUNT)
    }

    /// Every shard, in order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        (0..Self::COUNT).map(Self)
    }

    /// Its number, from 0.
    pub const fn number(self) -> u8 {
        self.0
    }
}
