//! The settings of the services, one struct per concern, from flags and environment.
