//! API keys.

use gantry_client::CreatedApiKey;
use gantry_domain::{ApiKeyId, ApiKeySummary};

use super::table::table;
use super::text::printable;
use super::time::date_and_time;

/// A table of keys.
pub(crate) fn list(keys: &[ApiKeySummary]) -> String {
    table(
        ["ID", "NAME", "KEY", "SCOPES", "LAST USED", "ENDS"],
        keys.iter().map(|key| {
            [
                key.id.to_string(),
                printable(&key.name),
                format!("{}_…", printable(&key.prefix)),
                printable(&key.scopes.join(" ")),
                key.last_used_at
                    .map_or_else(|| "never".to_owned(), date_and_time),
                match key.revoked_at {
                    Some(revoked_at) => format!("revoked {}", date_and_time(revoked_at)),
                    None => date_and_time(key.expires_at),
                },
            ]
        }),
    )
}

/// The key alone, so that it can be handed on.
pub(crate) fn created(created: &CreatedApiKey) -> String {
    printable(&created.key)
}

/// One remark on a key that was made.
pub(crate) fn advice(created: &CreatedApiKey) -> String {
    format!(
        "key {} is valid until {}; it is not shown again",
        created.summary.id,
        date_and_time(created.summary.expires_at)
    )
}

/// One line on a key that no longer works.
pub(crate) fn revoked(id: ApiKeyId) -> String {
    format!("key {id} is revoked")
}
