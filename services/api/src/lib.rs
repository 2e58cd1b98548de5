//! The HTTP API of the job service.

mod acceptance;
mod api;
mod application;
mod bulk_request;
mod cancellation;
mod doorbells;
mod error;
mod extractors;
mod faults;
mod health;
mod identity;
mod job_intake;
mod job_request;
mod kind_catalog;
mod log_stream;
mod middleware;
mod object_reader;
mod openapi;
mod ownership;
mod page_cursor;
mod payload_checks;
mod payload_rules;
mod payload_schema;
mod problem;
mod request_hash;
mod route_table;
mod routes;
mod server;
mod sign_ins;
mod startup;
mod submissions;
mod views;

pub use application::document;
pub use error::ServeError;
pub use request_hash::RequestHash;
pub use server::ApiServer;
