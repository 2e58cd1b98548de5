//! Requests about profiles, read strictly.

use gantry_domain::{CohortName, Cohorts, EmailAddress, PERSON_NAME_LIMIT_CHARACTERS};
use gantry_store::{NewProfile, ProfileChange};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::object_reader::{name_up_to, read_object, text, word};
use crate::problem::ApiError;

/// A profile for someone who is still to sign up. Other fields are refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is read field by field")]
pub struct ProfileRequest {
    /// For whom: whoever signs up with this address as their verified primary one, in whatever case it is spelled.
    email: EmailAddress,
    /// What to call the person; what the identity provider says unless given.
    #[schema(nullable, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The group the person belongs to; the installation's default unless given.
    #[schema(nullable)]
    cohort: Option<CohortName>,
}

/// Changes to a profile: each field that is given replaces the one there was. Other fields are refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is read field by field")]
pub struct ProfileChanges {
    /// What to call the person; null for nothing.
    #[schema(nullable, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The group the person belongs to.
    #[schema(nullable = false)]
    cohort: Option<CohortName>,
}

/// Reads a profile to be registered.
///
/// # Errors
/// Every fault of the body.
pub fn read_new(body: Value, cohorts: &Cohorts) -> Result<NewProfile, ApiError> {
    read_object(body, |fields| {
        let email = fields.required("email", word);
        let name = fields.optional("name", name_up_to(PERSON_NAME_LIMIT_CHARACTERS));
        let cohort = fields.optional("cohort", |value| cohort(value, cohorts));
        Some(NewProfile {
            email: email?,
            name,
            cohort: cohort.unwrap_or_else(|| cohorts.default_cohort().clone()),
        })
    })
}

/// Reads what is to be changed.
///
/// # Errors
/// Every fault of the body.
pub fn read_change(body: Value, cohorts: &Cohorts) -> Result<ProfileChange, ApiError> {
    let has_name = body.get("name").is_some();
    let has_cohort = body.get("cohort").is_some();
    read_object(body, |fields| {
        let name = fields.optional("name", name_up_to(PERSON_NAME_LIMIT_CHARACTERS));
        // A null is no cohort, so it is read as a fault.
        let cohort = match has_cohort {
            true => fields.required("cohort", |value| cohort(value, cohorts)),
            false => None,
        };
        Some(ProfileChange {
            name: has_name.then_some(name),
            cohort,
        })
    })
}

fn cohort(value: &Value, cohorts: &Cohorts) -> Result<CohortName, String> {
    cohorts
        .find(text(value)?)
        .cloned()
        .ok_or_else(|| "is none of the cohorts of this installation".to_owned())
}
