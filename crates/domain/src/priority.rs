//! How urgent a job is.

use crate::word::word_enum;

word_enum! {
    /// How urgent a job is; a less urgent one is served less often, but never starves.
    #[derive(Default)]
    Priority, "priority" {
        /// Before the others.
        High = "high",
        /// The usual.
        #[default]
        Normal = "normal",
        /// When there is room.
        Low = "low",
    }
}
