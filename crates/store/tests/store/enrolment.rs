//! Machines of tenants' own: let in once, held to their tenant's queues by Postgres, and put out at once.

mod endings;
mod holding;
mod logins;
mod machine;
mod narrowing;
mod owner;
mod tokens;
mod values;
mod walls;
mod world;
