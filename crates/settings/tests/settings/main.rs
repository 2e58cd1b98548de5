//! The settings as their users meet them.

mod development;
mod example_file;
mod identity;
mod parsing;
mod retention;
