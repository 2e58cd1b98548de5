//! Where the API listens and what it accepts from browsers and in size.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;

use crate::value::{List, Unusable, list, network, origin, whole_number};

/// The HTTP side of the API.
#[derive(Debug, Clone, Args)]
pub struct HttpSettings {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(
        id = "http-addr", long, env = "GANTRY_HTTP_ADDR", value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8080", value_parser = socket_address
    )]
    pub addr: SocketAddr,

    /// Browser origins that may call the API, separated by commas; none when unset
    #[arg(
        id = "cors-allowed-origins", long, env = "CORS_ALLOWED_ORIGINS", value_name = "ORIGINS",
        value_parser = list(origin)
    )]
    cors_allowed_origins: Option<List<String>>,

    /// Largest request body in bytes; a larger one is answered 413
    #[arg(
        id = "http-body-limit-bytes", long, env = "GANTRY_HTTP_BODY_LIMIT_BYTES", value_name = "BYTES",
        default_value = "1048576", value_parser = whole_number(1024..=64 * 1024 * 1024_usize)
    )]
    pub body_limit_bytes: usize,

    /// Log followers one process serves at once; a further one is answered 503
    #[arg(
        id = "http-follower-limit", long, env = "GANTRY_HTTP_FOLLOWER_LIMIT", value_name = "NUMBER",
        default_value = "10000", value_parser = whole_number(1..=1_000_000_usize)
    )]
    pub follower_limit: usize,

    /// Seconds that open requests get to end after a stop signal
    #[arg(
        id = "http-drain-timeout-seconds", long, env = "GANTRY_HTTP_DRAIN_TIMEOUT_SECONDS", value_name = "SECONDS",
        default_value = "30", value_parser = whole_number(0..=3600_u64)
    )]
    pub drain_timeout_seconds: u64,

    /// Seconds after which a client that takes nothing of what is sent to it is cut off
    #[arg(
        id = "http-silence-limit-seconds", long, env = "GANTRY_HTTP_SILENCE_LIMIT_SECONDS", value_name = "SECONDS",
        default_value = "60", value_parser = whole_number(1..=3600_u64)
    )]
    silence_limit_seconds: u64,

    /// Seconds for which browsers are told to come by HTTPS only; they are told nothing when unset
    #[arg(
        id = "http-hsts-seconds", long, env = "GANTRY_HTTP_HSTS_SECONDS", value_name = "SECONDS",
        value_parser = whole_number(1..=63_072_000_u32)
    )]
    pub hsts_seconds: Option<u32>,

    /// Networks of the proxies whose X-Forwarded-For is believed, separated by commas; nobody's when unset
    #[arg(
        id = "http-trusted-proxies", long, env = "GANTRY_HTTP_TRUSTED_PROXIES", value_name = "NETWORKS",
        value_parser = list(network)
    )]
    trusted_proxies: Option<List<IpNet>>,
}

impl HttpSettings {
    /// The browser origins that may call the API; empty means none.
    pub fn cors_allowed_origins(&self) -> &[String] {
        self.cors_allowed_origins
            .as_ref()
            .map_or(&[], List::as_slice)
    }

    /// The networks of the proxies whose `X-Forwarded-For` is believed; empty means nobody's.
    pub fn trusted_proxies(&self) -> &[IpNet] {
        self.trusted_proxies.as_ref().map_or(&[], List::as_slice)
    }

    /// How long a client may take nothing of what is sent to it.
    pub fn silence_limit(&self) -> Duration {
        Duration::from_secs(self.silence_limit_seconds)
    }

    /// How long open requests get to end after a stop signal.
    pub fn drain_timeout(&self) -> Duration {
        Duration::from_secs(self.drain_timeout_seconds)
    }
}

/// Reads an address to listen on.
pub(crate) fn socket_address(text: &str) -> Result<SocketAddr, Unusable> {
    text.parse()
        .map_err(|_| Unusable("must be an IP address and port such as 127.0.0.1:8080".to_owned()))
}
