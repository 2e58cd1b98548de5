//! The kinds whose jobs the service alone asks for: what nobody may submit, schedule or stage.

use crate::{EMAIL_KIND, KindName};

/// Their names. A job of such a kind does what the person it is for did not ask for, such as sending a mail.
pub const INTERNAL_KINDS: [&str; 1] = [EMAIL_KIND];

impl KindName {
    /// Whether the service alone asks for jobs of this kind.
    pub fn is_internal(&self) -> bool {
        INTERNAL_KINDS.contains(&self.as_str())
    }
}
