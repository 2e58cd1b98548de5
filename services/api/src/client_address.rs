//! Where a request comes from: the peer of its connection, or what proxies that are trusted say of it.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, X_FORWARDED_FOR};
use actix_web::web::Data;
use ipnet::IpNet;

use crate::api::Api;

/// Whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// The proxies of these networks.
    pub fn new(networks: &[IpNet]) -> Self {
        Self(networks.to_vec())
    }

    fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address a request came from, when `peer` is at the other end of its connection.
    ///
    /// Each proxy appends the address it was called from, so the list is read from its end for as long as a trusted
    /// proxy vouches for what stands there. What is further left was written by whoever called the first of them.
    fn client_of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let mut hops = hops_from_last(headers);
        while self.contain(client) {
            let Some(hop) = hops.next().and_then(address) else {
                break;
            };
            client = hop.to_canonical();
        }
        client
    }
}

/// The address a request came from; none when the connection has no address.
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let api = request.app_data::<Data<Api>>()?;
    Some(api.trusted_proxies.client_of(peer, request.headers()))
}

/// The entries of all headers of that name, the last first.
fn hops_from_last(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lists: Vec<&[u8]> = headers
        .get_all(X_FORWARDED_FOR)
        .map(|list| list.as_bytes())
        .collect();
    lists
        .into_iter()
        .rev()
        .flat_map(|list| list.rsplit(|byte| *byte == b','))
        .map(|hop| std::str::from_utf8(hop).unwrap_or_default().trim())
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse().ok().or_else(|| {
        text.parse::<std::net::SocketAddr>()
            .ok()
            .map(|socket| socket.ip())
    })
}

#[cfg(test)]
mod tests {
    //! The tests of the API all come from one address, so what is said of others is tried here.

    use actix_web::http::header::{HeaderMap, HeaderValue, X_FORWARDED_FOR};

    use super::TrustedProxies;

    fn client(peer: &str, lists: &[&'static str]) -> String {
        let proxies = ["10.0.0.0/8", "2001:db8:ffff::/48"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_static(list));
        }
        let client = TrustedProxies::new(&proxies).client_of(peer.parse().unwrap(), &headers);
        client.to_string()
    }

    #[test]
    fn a_peer_that_is_no_proxy_is_the_client_whatever_it_says() {
        assert_eq!(client("192.0.2.7", &["203.0.113.9"]), "192.0.2.7");
        assert_eq!(client("192.0.2.7", &[]), "192.0.2.7");
    }

    #[test]
    fn the_last_hop_that_no_trusted_proxy_stands_for_is_the_client() {
        for (lists, expected) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            (
                &["198.51.100.1, 203.0.113.9, 10.1.1.1,10.2.2.2"],
                "203.0.113.9",
            ),
            (&["198.51.100.1", "203.0.113.9, 10.1.1.1"], "203.0.113.9"),
            (&["203.0.113.9:4711"], "203.0.113.9"),
            (&["[2001:db8::1]:4711, [2001:db8:ffff::5]"], "2001:db8::1"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
        ] {
            assert_eq!(client("10.0.0.1", lists), expected, "{lists:?}");
            assert_eq!(client("::ffff:10.0.0.1", lists), expected, "{lists:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_ends_the_trust() {
        for lists in [
            &[][..],
            &[""],
            &["unknown"],
            &["203.0.113.9, not an address"],
            &["203.0.113.9,"],
        ] {
            assert_eq!(client("10.0.0.1", lists), "10.0.0.1", "{lists:?}");
        }
        assert_eq!(
            client("10.0.0.1", &["203.0.113.9, nonsense, 10.3.3.3"]),
            "10.3.3.3"
        );
    }

    #[test]
    fn a_request_that_only_proxies_had_a_hand_in_comes_from_the_first_of_them() {
        assert_eq!(client("10.0.0.1", &["10.9.9.9, 10.1.1.1"]), "10.9.9.9");
    }
}
