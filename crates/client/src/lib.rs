//! A typed HTTP client for the job service, and the gantry command line on top of it.
