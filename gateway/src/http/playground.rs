//! The playground: built assets, embedded as brotli, decompressed for clients
//! that don't take it.

use std::{borrow::Cow, io::Read as _};

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What the page may load; see the playground's README.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     worker-src 'self' blob:; font-src 'self' data:; img-src 'self' data: https:; \
     connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";
/// Names of assets hold a hash of their content.
const FOREVER: &str = "public, max-age=31536000, immutable";
const READ_BUFFER: usize = 16_384;

#[derive(RustEmbed)]
#[folder = "../playground/dist"]
struct Assets;

/// The page.
pub(super) async fn index(headers: HeaderMap) -> Response {
    let mut response = file("index.html", "no-cache", &headers).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// The notices of what is bundled.
pub(super) async fn licenses(headers: HeaderMap) -> Response {
    file("licenses.md", "no-cache", &headers).await
}

/// Scripts, styles, fonts.
pub(super) async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    file(&format!("assets/{path}"), FOREVER, &headers).await
}

async fn file(path: &str, caching: &'static str, headers: &HeaderMap) -> Response {
    let Some(file) = Assets::get(&format!("{path}.br")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = tag(&file);
    let is_known =
        headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => content(file, headers).await,
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    response
}

async fn content(file: EmbeddedFile, headers: &HeaderMap) -> Response {
    if accepts_brotli(headers) {
        return ([(header::CONTENT_ENCODING, "br")], body(file.data)).into_response();
    }
    match tokio::task::spawn_blocking(move || decompress(&file.data)).await {
        Ok(Ok(plain)) => plain.into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn body(data: Cow<'static, [u8]>) -> Body {
    match data {
        Cow::Borrowed(embedded) => Body::from(embedded),
        Cow::Owned(read) => Body::from(read),
    }
}

fn decompress(compressed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::with_capacity(compressed.len() * 4);
    brotli::Decompressor::new(compressed, READ_BUFFER).read_to_end(&mut plain)?;
    Ok(plain)
}

/// Weak: the same content goes out in two encodings.
fn tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{hex}\"")
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_brotli = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
            let is_refused = parts
                .filter_map(|parameter| parameter.strip_prefix("q="))
                .any(|quality| quality.parse::<f32>().is_ok_and(|quality| quality <= 0.0));
            is_brotli && !is_refused
        })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "ttf" => "font/ttf",
        "md" => "text/markdown; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_goes_to_those_who_take_it() {
        let accepts = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            accepts_brotli(&headers)
        };

        assert!(accepts("gzip, deflate, br, zstd"));
        assert!(accepts("BR;q=0.5"));
        assert!(!accepts("gzip, br;q=0"));
        assert!(!accepts("gzip"));
        assert!(!accepts_brotli(&HeaderMap::new()));
    }

    #[test]
    fn every_embedded_file_decompresses_and_has_a_media_type() {
        for path in Assets::iter() {
            let plain = path.strip_suffix(".br").expect("kept as brotli only");
            assert_ne!(media_type(plain), "application/octet-stream", "{plain}");
            let file = Assets::get(&path).expect("embedded");
            assert!(!decompress(&file.data).expect("brotli").is_empty(), "{plain}");
        }
    }
}
