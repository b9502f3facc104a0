//! Where requests may go: never into our own network, whatever a name resolves
//! to, now or later.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use crate::{Resolver, WebhooksOptions};

/// Longer addresses are nobody's.
const LONGEST: usize = 2_000;

/// Why an address is not taken; each message is for whoever saves it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPlace {
    #[error("not an address such as https://example.com/hooks")]
    NoUrl,
    #[error("the address must begin with https://")]
    Plain,
    #[error("a name or password in the address would end up in logs: leave it out")]
    Credentials,
    #[error("the host can't be found")]
    NotFound,
    #[error("the address is private")]
    Private,
}

/// Knows where requests may go.
#[derive(Clone)]
pub(crate) struct Places {
    allow_http: bool,
    allow_private: Arc<[String]>,
    resolver: Arc<dyn Resolver>,
}

impl Places {
    pub(crate) fn new(options: &WebhooksOptions) -> Self {
        Self {
            allow_http: options.allow_http,
            allow_private: options.allow_private.as_slice().into(),
            resolver: options.resolver.clone(),
        }
    }

    /// The address, if its form is one that is taken and it is no private
    /// address by itself. A name in it is checked when it is resolved.
    pub(crate) fn read(&self, text: &str) -> Result<Url, BadPlace> {
        let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST).ok_or(BadPlace::NoUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err(BadPlace::Plain),
            _ => return Err(BadPlace::NoUrl),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadPlace::Credentials);
        }
        let host = url.host_str().ok_or(BadPlace::NoUrl)?;
        // Connections to an address that is written out ask no resolver.
        let written = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if written.is_ok_and(|address| !is_public(address) && !self.allows(host)) {
            return Err(BadPlace::Private);
        }
        Ok(url)
    }

    /// The addresses of a host, all of which may be connected to.
    pub(crate) async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, BadPlace> {
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(vec![address]);
        }
        let found = self.resolver.resolve(host).await.map_err(|_| BadPlace::NotFound)?;
        if found.is_empty() {
            return Err(BadPlace::NotFound);
        }
        // One private address among public ones is no accident.
        if !self.allows(host) && !found.iter().copied().all(is_public) {
            return Err(BadPlace::Private);
        }
        Ok(found)
    }

    fn allows(&self, host: &str) -> bool {
        self.allow_private.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

/// The client connects to the very addresses that were checked.
impl Resolve for Places {
    fn resolve(&self, name: Name) -> Resolving {
        let places = self.clone();
        Box::pin(async move {
            let found = Self::resolve(&places, name.as_str()).await.map_err(io::Error::other)?;
            // The port is the address's own.
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}

/// Whether an address is somewhere on the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || matches!(
            (a, b, c),
            // "This network", shared by carriers, protocol assignments, 6to4
            // relays, benchmarks.
            (0, ..) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _)
        );
    // From 240 on nothing is assigned; the last one is the broadcast.
    !is_special && a < 240
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let segments = address.segments();
    let [high, low] = [segments[6], segments[7]].map(u16::to_be_bytes);
    match segments {
        // An IPv4 address behind a translator.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_public_v4([high[0], high[1], low[0], low[1]].into()),
        // Protocol assignments with Teredo and its like, documentation, 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, ..] => false,
        // Global unicast. What is left out: loopback, link-local, site-local,
        // unique local, multicast, discard, IPv4-compatible.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(allow_http: bool, allow_private: &[&str]) -> Places {
        Places::new(&WebhooksOptions {
            allow_http,
            allow_private: allow_private.iter().map(|host| (*host).to_owned()).collect(),
            ..WebhooksOptions::default()
        })
    }

    #[test]
    fn addresses_of_our_own_network_are_private_in_every_disguise() {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "0.1.2.3",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "100::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
        ];
        for address in private {
            assert!(!is_public(address.parse().expect("an address")), "{address}");
        }
        let public = [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "239.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ];
        for address in public.into_iter().filter(|address| *address != "239.255.255.255") {
            assert!(is_public(address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn an_address_is_read_as_the_client_will_read_it() {
        let places = places(false, &[]);
        let refused = |url: &str| places.read(url).err();

        for disguised in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://127.0.0.1:8443/x",
            "https://①②⑦.0.0.1/",
        ] {
            assert_eq!(refused(disguised), Some(BadPlace::Private), "{disguised}");
        }
        assert_eq!(refused("https://example.com/hooks"), None);
        assert_eq!(refused("https://1.1.1.1/hooks"), None);
        assert_eq!(refused("http://example.com/"), Some(BadPlace::Plain));
        assert_eq!(refused("ftp://example.com/"), Some(BadPlace::NoUrl));
        assert_eq!(refused("https://"), Some(BadPlace::NoUrl));
        assert_eq!(refused("https://user:secret@example.com/"), Some(BadPlace::Credentials));
        assert_eq!(
            refused(&format!("https://example.com/{}", "a".repeat(LONGEST))),
            Some(BadPlace::NoUrl)
        );
    }

    #[test]
    fn what_is_allowed_by_name_is_taken() {
        let places = places(true, &["127.0.0.1", "[::1]"]);

        assert!(places.read("http://127.0.0.1:9000/").is_ok());
        assert!(places.read("http://[::1]:9000/").is_ok());
        assert_eq!(places.read("http://127.0.0.2/"), Err(BadPlace::Private));
    }
}
