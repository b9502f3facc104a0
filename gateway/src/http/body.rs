//! Reading a request's body, bounded.

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use super::errors::Refusal;
use crate::ByteSize;

/// How much of a body that is too large is read to its end: a client that is
/// still sending would see its connection reset instead of the answer.
const DISCARDED: usize = 32 << 20;

/// The whole body, if it is not larger than `limit`.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: ByteSize) -> Result<Bytes, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
    let waits_for_us = headers.contains_key(header::EXPECT);
    if announced > DISCARDED || (announced > limit.get() && waits_for_us) {
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

fn too_large(limit: ByteSize) -> Refusal {
    let message = format!("the body is larger than {limit}");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST", message)
}
