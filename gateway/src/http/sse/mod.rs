//! GraphQL over SSE: a stream for each operation ("distinct connections"), or
//! one that a client reserves and shares among its operations ("single
//! connection").
//! <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>

mod single;

use bytes::Bytes;
use schema::Answer;

use super::stream::{Happening, Http};

pub(crate) use single::Reservations;
pub(super) use single::{TOKEN, is_single, serve};

/// How the stream looks before and between its events.
pub(super) const HTTP: Http =
    Http { media: "text/event-stream; charset=utf-8", opening: b":\n\n", heartbeat: b":\n\n" };

/// What happens, as an event of an operation's own stream.
pub(super) fn frame(happening: Happening<'_>) -> Option<Bytes> {
    let mut out = Vec::with_capacity(256 + happening.size_hint());
    match happening {
        Happening::Next(answer) => next(&mut out, answer, None),
        Happening::Refused(answer) | Happening::Broken(answer) => {
            next(&mut out, answer, None);
            complete(&mut out, None);
        }
        Happening::Complete => complete(&mut out, None),
        // A stream that breaks off is opened again, one that is complete is not.
        Happening::Stopped(_) => return None,
    }
    Some(out.into())
}

/// What happens, as an event of a stream that operations share.
fn shared_frame(id: &str, happening: Happening<'_>) -> Option<Bytes> {
    let mut out = Vec::with_capacity(256 + happening.size_hint());
    match happening {
        Happening::Next(answer) => next(&mut out, answer, Some(id)),
        Happening::Refused(answer) | Happening::Broken(answer) => {
            next(&mut out, answer, Some(id));
            complete(&mut out, Some(id));
        }
        Happening::Complete => complete(&mut out, Some(id)),
        Happening::Stopped(_) => return None,
    }
    Some(out.into())
}

fn next(out: &mut Vec<u8>, answer: &Answer, id: Option<&str>) {
    out.extend_from_slice(b"event: next\ndata: ");
    if let Some(id) = id {
        out.extend_from_slice(b"{\"id\":");
        serde_json::to_writer(&mut *out, id).expect("a text is JSON");
        out.extend_from_slice(b",\"payload\":");
    }
    answer.write_json(out);
    out.extend_from_slice(if id.is_some() { b"}\n\n" } else { b"\n\n" });
}

/// Without a data line an `EventSource` would not tell of the event.
fn complete(out: &mut Vec<u8>, id: Option<&str>) {
    out.extend_from_slice(b"event: complete\ndata: ");
    if let Some(id) = id {
        out.extend_from_slice(b"{\"id\":");
        serde_json::to_writer(&mut *out, id).expect("a text is JSON");
        out.push(b'}');
    }
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::errors::coded;

    fn text(frame: Option<Bytes>) -> String {
        String::from_utf8(frame.expect("a frame").to_vec()).expect("text")
    }

    #[test]
    fn events_have_a_name_and_data() {
        let answer = Answer::refused(vec![coded("BAD_USER_INPUT", "two\nlines")]);
        let error = r#"{"errors":[{"message":"two\nlines","extensions":{"code":"BAD_USER_INPUT"}}]}"#;

        assert_eq!(
            text(frame(Happening::Refused(&answer))),
            format!("event: next\ndata: {error}\n\nevent: complete\ndata: \n\n")
        );
        assert_eq!(
            text(shared_frame("a\"b", Happening::Next(&answer))),
            format!("event: next\ndata: {{\"id\":\"a\\\"b\",\"payload\":{error}}}\n\n")
        );
        assert_eq!(
            text(shared_frame("1", Happening::Complete)),
            "event: complete\ndata: {\"id\":\"1\"}\n\n"
        );
        assert!(frame(Happening::Stopped(&answer)).is_none());
    }
}
