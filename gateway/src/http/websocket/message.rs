//! The messages of `graphql-transport-ws`, read strictly and written once.

use axum::extract::ws::Utf8Bytes;
use schema::{Answer, json_nests_deeper};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use crate::http::{persisted::Asked, request};

/// What a client says.
#[derive(Debug)]
pub(super) enum ClientMessage {
    /// Introduces itself.
    Init(Map<String, Value>),
    /// Asks for a sign of life, or brings a fresh token.
    Ping(Option<Map<String, Value>>),
    /// Answers a ping.
    Pong,
    /// Starts an operation.
    Subscribe(String, Asked),
    /// Ends an operation.
    Complete(String),
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// How many brackets a message has around a request's own.
const ENVELOPE: usize = 1;

/// Reads a message; `None` for one that the protocol does not have.
pub(super) fn read(text: &str, nesting: usize) -> Option<ClientMessage> {
    if json_nests_deeper(text.as_bytes(), nesting + ENVELOPE) {
        return None;
    }
    let Envelope { kind, id, payload } = serde_json::from_str(text).ok()?;
    let id = id.filter(|id| !id.is_empty());
    match kind.as_str() {
        "connection_init" => Some(ClientMessage::Init(object(payload)?.unwrap_or_default())),
        "ping" => Some(ClientMessage::Ping(object(payload)?)),
        "pong" => object(payload).map(|_| ClientMessage::Pong),
        "subscribe" => {
            let asked = request::from_body(payload?.get().as_bytes(), nesting).ok()?;
            Some(ClientMessage::Subscribe(id?, asked))
        }
        "complete" => id.map(ClientMessage::Complete),
        _ => None,
    }
}

/// An object, or nothing; `None` when it is something else.
#[expect(clippy::option_option, reason = "absent and wrong are different things")]
fn object(payload: Option<&RawValue>) -> Option<Option<Map<String, Value>>> {
    match payload {
        None => Some(None),
        Some(payload) => serde_json::from_str(payload.get()).ok().map(Some),
    }
}

/// What surrounds a payload, but for the id.
const ENVELOPE_BYTES: usize = 64;

/// Acknowledges the connection.
pub(super) const ACK: Utf8Bytes = Utf8Bytes::from_static(r#"{"type":"connection_ack"}"#);
/// Answers a ping.
pub(super) const PONG: Utf8Bytes = Utf8Bytes::from_static(r#"{"type":"pong"}"#);

/// Answers a ping with what it brought.
pub(super) fn pong(payload: &Map<String, Value>) -> Utf8Bytes {
    let mut out = br#"{"type":"pong","payload":"#.to_vec();
    serde_json::to_writer(&mut out, payload).expect("an object is JSON");
    finish(out)
}

/// An answer of an operation.
pub(super) fn next(id: &str, answer: &Answer) -> Utf8Bytes {
    let mut out = start(id, "next", answer.size_hint());
    out.extend_from_slice(b",\"payload\":");
    answer.write_json(&mut out);
    finish(out)
}

/// The end of an operation that can't go on.
pub(super) fn error(id: &str, answer: &Answer) -> Utf8Bytes {
    let mut out = start(id, "error", 256);
    out.extend_from_slice(b",\"payload\":");
    serde_json::to_writer(&mut out, &answer.errors).expect("errors are plain data");
    finish(out)
}

/// The end of an operation that has no more to say.
pub(super) fn complete(id: &str) -> Utf8Bytes {
    finish(start(id, "complete", 0))
}

fn start(id: &str, kind: &str, more: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(ENVELOPE_BYTES + id.len() + more);
    out.extend_from_slice(b"{\"id\":");
    serde_json::to_writer(&mut out, id).expect("a text is JSON");
    out.extend_from_slice(b",\"type\":\"");
    out.extend_from_slice(kind.as_bytes());
    out.push(b'"');
    out
}

fn finish(mut out: Vec<u8>) -> Utf8Bytes {
    out.push(b'}');
    String::from_utf8(out).expect("JSON is text").into()
}
