//! The client and the command line against an API that answers by script.

mod command_line;
mod gantry;
mod keys;
mod limiting;
mod log_follower;
mod outcomes;
mod pausing;
mod queues;
mod requests;
mod samples;
mod schedules;
mod scripted_server;
mod server_sent_events;
mod shown;
mod why;
