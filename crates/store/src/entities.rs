//! The tables as SeaORM sees them, as far as they are read with queries built at run time.

pub(crate) mod jobs;
pub(crate) mod workers;
