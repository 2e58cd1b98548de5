//! How profiles are read from their rows.

use gantry_domain::{EmailAddress, Profile, ProfileId, UserId};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::StoreError;
use crate::statement::{column, parse, word};

/// The columns of a profile as it is shown.
pub(crate) const PROFILE_COLUMNS: &str =
    "id, email, name, cohort, user_id, created_at, updated_at, linked_at";

/// A profile, read from [`PROFILE_COLUMNS`].
pub(crate) fn profile(row: &QueryResult) -> Result<Profile, StoreError> {
    let email: Option<String> = column(row, "email")?;
    let email = email
        .map(|email| parse::<EmailAddress>("email", &email))
        .transpose()?;
    Ok(Profile {
        id: ProfileId::from_uuid(column(row, "id")?),
        email,
        name: column(row, "name")?,
        cohort: word(row, "cohort")?,
        user_id: column::<Option<Uuid>>(row, "user_id")?.map(UserId::from_uuid),
        created_at: column(row, "created_at")?,
        updated_at: column(row, "updated_at")?,
        linked_at: column(row, "linked_at")?,
    })
}
