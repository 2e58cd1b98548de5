//! Log lines, trace ids and the export of traces, each test with a subscriber of its own.

mod capture;
mod collector;
mod export;
mod lines;
mod trace_context;
