//! `/api/v1/qe`.

mod parse;

pub use parse::parse_input;
