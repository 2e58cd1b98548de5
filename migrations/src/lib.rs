//! The schema's migrations and their command line.
