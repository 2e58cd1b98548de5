//! The HTTP API of the job service.
