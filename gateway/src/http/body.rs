//! Reading a request's body, bounded.

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use super::errors::Refusal;
use crate::ByteSize;

/// How much of a refused body is read to its end: a client that is still sending
/// would see its connection reset instead of the answer.
const DISCARDED: usize = 32 << 20;

/// The whole body, if it is not larger than `limit`.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: ByteSize) -> Result<Bytes, Refusal> {
    let announced = announced(headers);
    if announced > DISCARDED || (announced > limit.get() && waits_for_us(headers)) {
        return Err(too_large(limit));
    }
    let mut chunks = body.into_data_stream();
    let mut whole = BytesMut::new();
    let mut received = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::bad_request("the body ended early"))?;
        received += chunk.len();
        match received {
            size if size <= limit.get() => whole.extend_from_slice(&chunk),
            size if size <= DISCARDED => whole.clear(),
            _ => break,
        }
    }
    match received > limit.get() {
        true => Err(too_large(limit)),
        false => Ok(whole.freeze()),
    }
}

/// Reads a body that nobody wants.
pub(super) async fn discard(headers: &HeaderMap, body: Body) {
    if announced(headers) > DISCARDED || waits_for_us(headers) {
        return;
    }
    let mut chunks = body.into_data_stream();
    let mut received = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        received += chunk.len();
        if received > DISCARDED {
            return;
        }
    }
}

/// The length that the client announces; 0 when it says none.
fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// Whether the client sends its body only after we have agreed.
fn waits_for_us(headers: &HeaderMap) -> bool {
    headers.contains_key(header::EXPECT)
}

fn too_large(limit: ByteSize) -> Refusal {
    let message = format!("the body is larger than {limit}");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST", message)
}
