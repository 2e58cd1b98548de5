//! What a submission wants where another live job holds its unique key.

use crate::word::word_enum;

word_enum! {
    /// What a submission wants where another live job holds its unique key.
    #[derive(Default)]
    OnConflict, "way out of a conflict" {
        /// To be refused.
        #[default]
        Reject = "reject",
        /// To be answered with that job.
        ReturnExisting = "return_existing",
    }
}
