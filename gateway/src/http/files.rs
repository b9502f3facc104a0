//! Files in and out, by the secret addresses that the files module makes.

use std::{io, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, TryStreamExt as _};
use kit::ports::{FileTransfer, NotOpened, NotReceived, OpenFile};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::Front;

/// Where the addresses of files begin.
pub(super) const FOLDER: &str = "/files/";
/// An address of a file.
pub(super) const ROUTE: &str = "/files/{token}";

/// A file can run nothing and load nothing, even when somebody opens it in a
/// browser.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");
/// Addresses are secrets: no shared cache keeps what is behind them.
const CACHE: HeaderValue = HeaderValue::from_static("private, max-age=300");
/// All that need not be encoded in a parameter of a header (RFC 8187).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Takes the bytes of an upload.
pub(super) async fn receive(
    State(front): State<Arc<Front>>,
    Path(token): Path<String>,
    body: Body,
) -> Response {
    let Some(files) = transfer(&front) else { return refused(StatusCode::NOT_FOUND, "NOT_FOUND") };
    let bytes = body.into_data_stream().map_err(io::Error::other).boxed();
    let refusal = match files.receive(&token, bytes).await {
        Ok(Ok(file)) => {
            let answer = json!({
                "id": file.id, "name": file.name, "mediaType": file.media_type, "size": file.size,
            });
            return Json(answer).into_response();
        }
        Ok(Err(refusal)) => refusal,
        Err(error) => return failed(&error),
    };
    let (status, code) = match refusal {
        NotReceived::Unknown => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        NotReceived::Expired => (StatusCode::GONE, "EXPIRED"),
        NotReceived::Taken => (StatusCode::CONFLICT, "OTHER_BYTES_STORED"),
        NotReceived::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"),
        NotReceived::TooSmall => (StatusCode::BAD_REQUEST, "TOO_SMALL"),
        NotReceived::WrongType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "WRONG_MEDIA_TYPE"),
        NotReceived::Interrupted => (StatusCode::BAD_REQUEST, "INTERRUPTED"),
        NotReceived::TooSlow => (StatusCode::REQUEST_TIMEOUT, "TIMEOUT"),
    };
    refused(status, code)
}

/// Hands a file out.
pub(super) async fn send(
    State(front): State<Arc<Front>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(files) = transfer(&front) else { return refused(StatusCode::NOT_FOUND, "NOT_FOUND") };
    match files.open(&token).await {
        Ok(Ok(file)) => file_response(file, &headers),
        Ok(Err(NotOpened::Unknown)) => refused(StatusCode::NOT_FOUND, "NOT_FOUND"),
        Ok(Err(NotOpened::Expired)) => refused(StatusCode::GONE, "EXPIRED"),
        Err(error) => failed(&error),
    }
}

fn transfer(front: &Front) -> Option<Arc<dyn FileTransfer>> {
    front.ports.as_ref()?.get::<dyn FileTransfer>().ok()
}

fn file_response(open: OpenFile, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", open.hash);
    let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let is_known = known.is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Body::from_stream(open.bytes).into_response(),
    };
    let headers = response.headers_mut();
    let mut set = |name, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, tag);
    if !is_known {
        set(header::CONTENT_TYPE, content_type(&open.file.media_type));
        set(header::CONTENT_LENGTH, open.file.size.to_string());
        set(header::CONTENT_DISPOSITION, disposition(open.is_inline, &open.file.name));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, CACHE);
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Text is UTF-8: the files module takes no other.
fn content_type(media_type: &str) -> String {
    match media_type.starts_with("text/") {
        true => format!("{media_type}; charset=utf-8"),
        false => media_type.to_owned(),
    }
}

/// `Content-Disposition` with the name twice (RFC 6266): in plain letters for
/// old clients, and as it is.
fn disposition(is_inline: bool, name: &str) -> String {
    let kind = if is_inline { "inline" } else { "attachment" };
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '%' => '_',
            c if c.is_ascii_graphic() || c == ' ' => c,
            _ => '_',
        })
        .collect();
    let encoded = utf8_percent_encode(name, ENCODED);
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

fn refused(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "code": code }))).into_response()
}

fn failed(error: &kit::Error) -> Response {
    let status = match error {
        kit::Error::Internal(cause) => {
            tracing::error!(%cause, "a file could not be transferred");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        kit::Error::Timeout(_) => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    refused(status, error.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_for_old_and_new_clients() {
        assert_eq!(
            disposition(false, "grüße \"1\".txt"),
            "attachment; filename=\"gr__e _1_.txt\"; filename*=UTF-8''gr%C3%BC%C3%9Fe%20%221%22.txt"
        );
        assert_eq!(disposition(true, "a.png"), "inline; filename=\"a.png\"; filename*=UTF-8''a.png");
    }

    #[test]
    fn text_says_its_encoding() {
        assert_eq!(content_type("text/csv"), "text/csv; charset=utf-8");
        assert_eq!(content_type("image/png"), "image/png");
    }
}
