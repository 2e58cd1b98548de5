//! The command line and the client against the real services.

mod demo;
mod dev;
mod follow_through_restart;
