//! A free port on the loopback address.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{Error as IoError, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

use crate::error::{Error, Result};

/// Below the range from which systems take the ports of outgoing connections, so that a server that is restarted finds
/// its port still free.
const PORTS: Range<u16> = 15_000..32_000;
const ATTEMPTS: usize = 200;

/// A port on 127.0.0.1 that nobody listens on at this moment.
pub fn free_loopback_port() -> Result<u16> {
    (0..ATTEMPTS)
        .map(|_| random_port())
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| {
            IoError::new(
                ErrorKind::AddrInUse,
                format!("{ATTEMPTS} ports tried, all in use"),
            )
        })
        .map_err(Error::while_trying("find a free port on 127.0.0.1"))
}

fn random_port() -> u16 {
    let width = u64::from(PORTS.end - PORTS.start);
    let offset = RandomState::new().hash_one(()) % width;
    PORTS.start + u16::try_from(offset).expect("smaller than the width of a range of u16")
}
