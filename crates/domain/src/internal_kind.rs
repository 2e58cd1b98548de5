//! The kinds whose jobs the service alone asks for: what nobody may submit, schedule or stage.

use crate::{EMAIL_KIND, EXPORT_KIND, KindName};

/// Their names. A job of such a kind does what its submitter could not ask for: send a mail to anybody, or gather what is a
/// person's from every tenant.
pub const INTERNAL_KINDS: [&str; 2] = [EMAIL_KIND, EXPORT_KIND];

impl KindName {
    /// Whether the service alone asks for jobs of this kind.
    pub fn is_internal(&self) -> bool {
        INTERNAL_KINDS.contains(&self.as_str())
    }
}
