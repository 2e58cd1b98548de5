//! The question `GET /readyz`, asked over plain TCP.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const ANSWER_LIMIT: Duration = Duration::from_secs(2);
const STATUS_LINE_LIMIT_BYTES: u64 = 1024;

/// Whether the service at `address` calls itself ready; otherwise what was seen instead.
pub(crate) fn check(address: SocketAddr) -> Result<(), String> {
    let status_line = ask(address).map_err(|error| format!("{address}: {error}"))?;
    match status_line.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => Err(format!(
            "GET http://{address}/readyz answered {status_line:?}"
        )),
    }
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut connection = TcpStream::connect_timeout(&address, ANSWER_LIMIT)?;
    connection.set_read_timeout(Some(ANSWER_LIMIT))?;
    connection.set_write_timeout(Some(ANSWER_LIMIT))?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes())?;
    let mut status_line = String::new();
    BufReader::new(connection.take(STATUS_LINE_LIMIT_BYTES)).read_line(&mut status_line)?;
    Ok(status_line.trim_end().to_owned())
}
