//! The schema contract: entities, tenant scope and the only writer of job state.
