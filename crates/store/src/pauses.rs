//! Reading pauses.

use gantry_domain::{Pause, UserId};
use sea_orm::QueryResult;

use crate::StoreError;
use crate::statement::{column, word};

/// The pause of a whole row of `pauses`.
pub(crate) fn pause(row: &QueryResult) -> Result<Pause, StoreError> {
    Ok(Pause {
        scope: word(row, "scope")?,
        subject: column(row, "subject")?,
        reason: column(row, "reason")?,
        paused_at: column(row, "paused_at")?,
        paused_by: Some(UserId::from_uuid(column(row, "paused_by")?)),
        paused_by_name: Some(column(row, "paused_by_name")?),
    })
}
