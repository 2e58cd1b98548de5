//! Cohorts: the groups into which the operator sorts people.

use crate::CohortName;

/// The cohorts there are. The first is for everyone who is given none, or one that is not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohorts {
    default: CohortName,
    others: Vec<CohortName>,
}

impl Cohorts {
    /// The cohorts of a list; none for an empty one.
    pub fn new(names: impl IntoIterator<Item = CohortName>) -> Option<Self> {
        let mut names = names.into_iter();
        Some(Self {
            default: names.next()?,
            others: names.collect(),
        })
    }

    /// The cohort of everyone who is given no other.
    pub const fn default_cohort(&self) -> &CohortName {
        &self.default
    }

    /// The cohort of that name, if there is one.
    pub fn find(&self, name: &str) -> Option<&CohortName> {
        let mut all = std::iter::once(&self.default).chain(&self.others);
        all.find(|cohort| cohort.as_str() == name)
    }

    /// The cohort for someone of whom this was said.
    pub fn of(&self, said: Option<&str>) -> &CohortName {
        said.and_then(|name| self.find(name))
            .unwrap_or(&self.default)
    }
}
