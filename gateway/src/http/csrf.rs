//! Cross-site requests: a page of another site must not make a browser ask us
//! without the browser asking first (a preflight). POST takes JSON only, which
//! always asks first; this is the rule for GET and for WebSocket.

use axum::http::{HeaderMap, HeaderName, header};

use super::accept;
use crate::CorsConfig;

/// Headers that no page can send to another site without a preflight.
pub(super) const PREFLIGHT_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("x-weft-preflight"),
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("x-apollo-operation-name"),
];

/// Whether a GET request may be answered: it is not from another site, or that
/// site may call us, or the browser has asked first.
pub(super) fn allows_get(headers: &HeaderMap, cors: &CorsConfig) -> bool {
    let has_asked = PREFLIGHT_HEADERS.iter().any(|name| headers.contains_key(name));
    if has_asked || accept::is_json(headers) {
        return true;
    }
    match headers.get(header::ORIGIN) {
        Some(_) => allows_origin(headers, cors),
        None => headers.get("sec-fetch-site").is_none_or(|site| site != "cross-site"),
    }
}

/// Whether the request's `Origin`, if there is one, is ours or one that CORS
/// allows.
pub(super) fn allows_origin(headers: &HeaderMap, cors: &CorsConfig) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    is_own(headers, origin) || cors.allows(origin)
}

/// Whether the origin's authority is the one that was asked. A proxy in front
/// of us may change the scheme, so that is not compared.
fn is_own(headers: &HeaderMap, origin: &str) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "weft.example:8080".parse().expect("a value"));
        for (name, value) in pairs {
            headers.insert(*name, value.parse().expect("a value"));
        }
        headers
    }

    #[test]
    fn a_get_from_another_site_needs_a_preflight() {
        let cors =
            CorsConfig { origins: vec!["https://shop.example".to_owned()], ..CorsConfig::default() };
        let table: [(&[(&str, &str)], bool); 13] = [
            (&[], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("x-weft-preflight", "1")], true),
            (&[("sec-fetch-site", "cross-site"), ("apollo-require-preflight", "1")], true),
            (&[("sec-fetch-site", "cross-site"), ("x-apollo-operation-name", "Page")], true),
            (&[("sec-fetch-site", "cross-site"), ("content-type", "application/json")], true),
            (&[("sec-fetch-site", "cross-site"), ("content-type", "text/plain")], false),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "null")], false),
            (&[("origin", "https://shop.example"), ("sec-fetch-site", "cross-site")], true),
            (&[("origin", "http://weft.example:8080")], true),
        ];

        for (pairs, is_allowed) in table {
            assert_eq!(allows_get(&headers(pairs), &cors), is_allowed, "{pairs:?}");
        }
    }

    #[test]
    fn a_socket_opens_for_our_own_pages_and_allowed_origins() {
        let cors =
            CorsConfig { origins: vec!["https://shop.example".to_owned()], ..CorsConfig::default() };

        assert!(allows_origin(&headers(&[]), &cors));
        assert!(allows_origin(&headers(&[("origin", "https://weft.example:8080")]), &cors));
        assert!(allows_origin(&headers(&[("origin", "https://shop.example")]), &cors));
        assert!(!allows_origin(&headers(&[("origin", "https://weft.example:9090")]), &cors));
        assert!(!allows_origin(&headers(&[("origin", "https://evil.example")]), &cors));
    }
}
