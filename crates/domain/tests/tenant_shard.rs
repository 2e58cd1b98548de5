//! Tenants are placed alike by every process, and spread over all shards.

use std::collections::BTreeMap;

use gantry_domain::{TenantId, TenantShard};
use uuid::Uuid;

/// Written down, because every version of every service must place a tenant alike.
#[test]
fn a_tenant_has_the_same_shard_in_every_version() {
    let known = [
        (0, 12),
        (1, 26),
        (0x0190_6f3a_7c21_7c5e_8d3b_1f2e_4a5b_6c7d, 18),
        (u128::MAX, 3),
    ];
    for (tenant, shard) in known {
        let tenant = TenantId::from_uuid(Uuid::from_u128(tenant));
        assert_eq!(TenantShard::of(tenant).number(), shard, "{tenant}");
    }
}

#[test]
fn tenants_spread_over_all_shards() {
    let mut counts = BTreeMap::<_, u32>::new();
    for number in 0..32_000_u32 {
        let tenant = Uuid::new_v5(&Uuid::nil(), &number.to_be_bytes());
        *counts
            .entry(TenantShard::of(TenantId::from_uuid(tenant)))
            .or_default() += 1;
    }
    assert!(counts.keys().copied().eq(TenantShard::all()));
    assert!(counts.values().all(|count| (850..1_150).contains(count)));
}
