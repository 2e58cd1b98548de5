//! A local identity provider, its keys, its tokens and a clock that only a test moves.

pub mod clock;
pub mod identity_server;
pub mod keys;
pub mod tokens;
pub mod world;
