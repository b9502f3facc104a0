//! Where a request comes from: the connection's other end, or who a trusted
//! proxy says it is. Everybody can write headers, so only the part that trusted
//! proxies have written is read: from right to left.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, HeaderName, header::FORWARDED, request::Parts},
};
use ipnet::IpNet;
use kit::Origin;

use super::Front;
use crate::{ForwardedHeader, ServerConfig};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The key of a client that no budget holds for.
const CLIENT_KEY: HeaderName = HeaderName::from_static("x-weft-client-key");

/// Which proxies are believed, and where they write.
pub(crate) struct Proxies {
    networks: Vec<IpNet>,
    header: ForwardedHeader,
}

/// Where this request comes from.
pub(super) fn origin(front: &Front, parts: &Parts) -> Origin {
    let key = parts.headers.get(CLIENT_KEY).and_then(|key| key.to_str().ok());
    Origin {
        address: peer(&parts.extensions).map(|peer| front.proxies.client(peer, &parts.headers)),
        is_trusted: key.is_some_and(|key| front.budgets.is_trusted_key(key)),
    }
}

/// The other end of the connection; none in a process that asks itself.
fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical())
}

impl Proxies {
    /// As configured.
    pub(crate) fn of(server: &ServerConfig) -> Self {
        // A network that is none was refused when the configuration was read.
        Self { networks: server.proxies().unwrap_or_default(), header: server.forwarded_header }
    }

    /// The client behind the proxies: the first address that is none of theirs.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.networks.is_empty() || !self.are_trusted(peer) {
            return peer;
        }
        let (name, read): (_, fn(&str) -> Option<IpAddr>) = match self.header {
            ForwardedHeader::XForwardedFor => (X_FORWARDED_FOR, address),
            ForwardedHeader::Forwarded => (FORWARDED, forwarded_for),
        };
        let lines: Vec<&str> =
            headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default()).collect();
        let mut nearest = peer;
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            // What can't be read says nothing of who is behind it.
            let Some(hop) = read(hop.trim()) else { return nearest };
            nearest = hop;
            if !self.are_trusted(hop) {
                return hop;
            }
        }
        nearest
    }

    fn are_trusted(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// `192.0.2.7`, `192.0.2.7:80`, `2001:db8::7`, `[2001:db8::7]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

/// The address in one element of `Forwarded` (RFC 7239, 4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_client = name.trim().eq_ignore_ascii_case("for");
        is_client.then(|| address(value.trim().trim_matches('"')))?
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let networks =
            ["10.0.0.0/8", "2001:db8:ff::/48"].map(|network| network.parse().expect("a network"));
        let name = match header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => FORWARDED,
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(&name, HeaderValue::from_str(line).expect("a header"));
        }
        let proxies = Proxies { networks: networks.into(), header };
        proxies.client(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn only_what_trusted_proxies_have_written_is_believed() {
        let table: [(&str, &[&str], &str); 10] = [
            ("10.0.0.1", &[], "10.0.0.1"),
            ("203.0.113.9", &["192.0.2.7"], "203.0.113.9"),
            ("10.0.0.1", &["192.0.2.7"], "192.0.2.7"),
            // The client has written the left part itself.
            ("10.0.0.1", &["198.51.100.1, 192.0.2.7, 10.1.1.1"], "192.0.2.7"),
            ("10.0.0.1", &["198.51.100.1", "192.0.2.7"], "192.0.2.7"),
            ("10.0.0.1", &["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
            ("10.0.0.1", &["192.0.2.7, nonsense, 10.2.2.2"], "10.2.2.2"),
            ("10.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", &["192.0.2.7:80"], "192.0.2.7"),
            ("2001:db8:ff::1", &["::ffff:192.0.2.7"], "192.0.2.7"),
        ];

        for (peer, lines, found) in table {
            assert_eq!(client(ForwardedHeader::XForwardedFor, peer, lines), found, "{peer} {lines:?}");
        }
    }

    #[test]
    fn the_standard_header_is_read_in_the_same_way() {
        let table: [(&[&str], &str); 4] = [
            (&["for=192.0.2.7;proto=https, for=10.2.2.2"], "192.0.2.7"),
            (&["for=198.51.100.1, For=\"[2001:db8::7]:4711\";by=10.2.2.2"], "2001:db8::7"),
            (&["for=192.0.2.7, for=unknown"], "10.0.0.1"),
            (&["proto=https"], "10.0.0.1"),
        ];

        for (lines, found) in table {
            assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1", lines), found, "{lines:?}");
        }
    }
}
