//! Clients that take nothing any more: vanished without a good-bye, or not reading what they asked for.

use std::any::Any;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::TcpUserTimeout;

/// Lets the system break a new connection whose other end has taken nothing for `limit` although something waits for
/// it. A log stream writes now and then in any case, so one that was abandoned is always noticed.
pub fn break_when_silent(connection: &dyn Any, limit: Duration) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else {
        return;
    };
    let milliseconds = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = setsockopt(stream, TcpUserTimeout, &milliseconds) {
        tracing::warn!(%error, "a connection is kept however silent its client becomes");
    }
}
