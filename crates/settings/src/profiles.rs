//! What people's profiles are made of.

use clap::Args;

use crate::value::{List, list, name, text};

/// The profiles of people who sign up.
#[derive(Debug, Clone, Args)]
pub struct ProfileSettings {
    /// The cohorts there are, separated by commas; the first is for everyone who is given no other
    #[arg(
        id = "profile-cohorts", long, env = "GANTRY_PROFILE_COHORTS", value_name = "NAMES",
        default_value = "default", value_parser = list(name)
    )]
    cohorts: List<String>,

    /// The member of a person's public metadata at the identity provider that names their cohort
    #[arg(
        id = "profile-cohort-field", long, env = "GANTRY_PROFILE_COHORT_FIELD", value_name = "NAME",
        default_value = "cohort", value_parser = text
    )]
    pub cohort_field: String,
}

impl ProfileSettings {
    /// The cohorts there are, the default one first; never empty.
    pub fn cohorts(&self) -> &[String] {
        self.cohorts.as_slice()
    }
}
