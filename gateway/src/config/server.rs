//! `[server]`: the HTTP front door.

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{ByteSize, Key, key, text::list};

/// The HTTP front door.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    pub port: u16,
    /// Where clients reach the gateway; empty for the address it listens on.
    pub public_url: String,
    /// Largest request body.
    pub body_limit: ByteSize,
    /// From the first byte of a body to the last of the answer.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// How long a client may take to send its headers.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// How long running requests may finish after a signal to stop.
    #[serde(with = "humantime_serde")]
    pub shutdown_grace: Duration,
    /// Which other origins may use the gateway from a browser.
    pub cors: CorsConfig,
    /// Whether GET requests from other sites are refused.
    pub csrf: bool,
    /// Whether answers are compressed.
    pub compression: bool,
    /// Whether the playground is served.
    pub playground: bool,
    /// Whether clients may read the schema.
    pub introspection: bool,
    /// Whether each module can be asked alone.
    pub expose_subgraphs: bool,
}

/// Which other origins may use the gateway from a browser.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorsConfig {
    /// Origins such as `https://shop.example`; `*` means all.
    #[serde(deserialize_with = "list")]
    pub origins: Vec<String>,
    /// Whether browsers may send cookies along.
    pub credentials: bool,
    /// How long a browser may remember the answer to its preflight.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key("server.host", "Address to listen on; `0.0.0.0` for all interfaces."),
    key("server.port", "Port to listen on; 0 takes any free one and says which."),
    key(
        "server.public_url",
        "Where clients reach the gateway, such as `https://api.example`; the addresses of files begin \
         with it. Empty: `http://` and the address it listens on.",
    ),
    key("server.body_limit", "Largest request body, in bytes or as `64 KiB`, `2 MiB`."),
    key("server.request_timeout", "Longest time for one request, reading its body included."),
    key(
        "server.header_timeout",
        "How long a client may take to send its headers, and how long an idle connection stays open.",
    ),
    key("server.shutdown_grace", "How long running requests may finish after SIGTERM or Ctrl-C."),
    key(
        "server.cors.origins",
        "Other origins that may call from a browser, e.g. `https://shop.example`; `*` for all. The \
         gateway's own origin always may.",
    ),
    key("server.cors.credentials", "Whether browsers of those origins may send cookies along."),
    key("server.cors.max_age", "How long a browser may remember the answer to its preflight."),
    key(
        "server.csrf",
        "Refuse GET requests that another site makes a browser send. POST is always safe: it takes \
         JSON only.",
    ),
    key("server.compression", "Compress answers with brotli or gzip for clients that accept it."),
    key("server.playground", "Serve the playground at `/`."),
    key("server.introspection", "Let clients read the schema through the graph."),
    key(
        "server.expose_subgraphs",
        "Serve each module alone at `/subgraphs/<name>`, for another gateway. Keep it inside your network.",
    ),
];

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port: 8080,
            public_url: String::new(),
            body_limit: ByteSize::mebibytes(1),
            request_timeout: Duration::from_secs(30),
            header_timeout: Duration::from_secs(30),
            shutdown_grace: Duration::from_secs(10),
            cors: CorsConfig::default(),
            csrf: true,
            compression: true,
            playground: true,
            introspection: true,
            expose_subgraphs: false,
        }
    }
}

impl ServerConfig {
    /// Where clients reach the gateway, without a slash at the end.
    pub(crate) fn public_url(&self) -> String {
        if !self.public_url.is_empty() {
            return self.public_url.trim_end_matches('/').to_owned();
        }
        // Nobody can call an address that stands for all of them.
        let host = match self.host {
            host if host.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
            host => host,
        };
        format!("http://{}", std::net::SocketAddr::new(host, self.port))
    }

    /// Why these values can't be used, if they can't.
    pub(super) fn problem(&self) -> Option<String> {
        let is_url = |url: &str| is_http(url) && url.parse::<http::Uri>().is_ok();
        if !self.public_url.is_empty() && !is_url(&self.public_url) {
            let given = &self.public_url;
            return Some(format!(
                "server.public_url: `{given}` is no address such as `https://api.example`"
            ));
        }
        self.cors.problem()
    }
}

fn is_http(url: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme))
}

impl Default for CorsConfig {
    fn default() -> Self {
        Self { origins: Vec::new(), credentials: false, max_age: Duration::from_secs(60 * 60) }
    }
}

impl CorsConfig {
    /// Whether a page of this origin may use the gateway.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin))
    }

    /// Why these origins can't be used, if they can't.
    pub(super) fn problem(&self) -> Option<String> {
        if self.credentials && self.origins.iter().any(|origin| origin == "*") {
            return Some(
                "server.cors.credentials needs named origins: browsers refuse it with `*`".to_owned(),
            );
        }
        let wrong = self.origins.iter().find(|origin| *origin != "*" && !is_origin(origin))?;
        Some(format!("server.cors.origins: `{wrong}` is no origin such as `https://shop.example`"))
    }
}

/// Scheme and authority and nothing else.
fn is_origin(text: &str) -> bool {
    text.parse::<http::Uri>().is_ok_and(|uri| {
        uri.scheme().is_some() && uri.authority().is_some() && uri.path() == "/" && !text.ends_with('/')
    })
}
