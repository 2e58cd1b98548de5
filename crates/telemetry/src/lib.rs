//! Logs, traces and error reports, with every field name written once.
