//! The wire contract between the services: doorbells, control signals and the live feed over Redis Streams.
