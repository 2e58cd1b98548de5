//! Machines of tenants' own: let in once, held to their tenant's queues by Postgres, and put out at once.

mod machine;
mod tokens;
mod walls;
