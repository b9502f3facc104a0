//! Subscriptions over multipart HTTP, Apollo's protocol: each answer is a part
//! of one response. A client reads a part when it sees the boundary behind it,
//! so every part is sent with the next boundary.
//! <https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol>

use bytes::Bytes;
use schema::Answer;

use super::stream::{Happening, Http};

const PART: &[u8] = b"\r\ncontent-type: application/json\r\n\r\n";
const BOUNDARY: &[u8] = b"\r\n--graphql";
const END: &[u8] = b"--\r\n";

/// How the stream looks before and between its parts.
pub(super) const HTTP: Http = Http {
    media: "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0",
    opening: b"--graphql",
    heartbeat: b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql",
};

/// What happens, as a part. What the engine says is in `payload`; what the
/// gateway says of the stream itself is beside it.
pub(super) fn frame(happening: Happening<'_>) -> Option<Bytes> {
    let mut out = Vec::with_capacity(256 + happening.size_hint());
    match happening {
        Happening::Next(answer) => payload(&mut out, answer),
        Happening::Refused(answer) => {
            payload(&mut out, answer);
            out.extend_from_slice(END);
        }
        Happening::Broken(answer) | Happening::Stopped(answer) => {
            out.extend_from_slice(PART);
            out.extend_from_slice(b"{\"payload\":null,\"errors\":");
            serde_json::to_writer(&mut out, &answer.errors).expect("errors are plain data");
            out.push(b'}');
            out.extend_from_slice(BOUNDARY);
            out.extend_from_slice(END);
        }
        Happening::Complete => out.extend_from_slice(END),
    }
    Some(out.into())
}

fn payload(out: &mut Vec<u8>, answer: &Answer) {
    out.extend_from_slice(PART);
    out.extend_from_slice(b"{\"payload\":");
    answer.write_json(out);
    out.push(b'}');
    out.extend_from_slice(BOUNDARY);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::errors::coded;

    fn text(happening: Happening<'_>) -> String {
        String::from_utf8(frame(happening).expect("a frame").to_vec()).expect("text")
    }

    #[test]
    fn a_part_is_followed_by_its_boundary() {
        let answer = Answer::refused(vec![coded("BAD_USER_INPUT", "no")]);
        let error = r#"{"message":"no","extensions":{"code":"BAD_USER_INPUT"}}"#;

        assert_eq!(
            text(Happening::Refused(&answer)),
            format!(
                "\r\ncontent-type: application/json\r\n\r\n{{\"payload\":{{\"errors\":[{error}]}}}}\r\n--graphql--\r\n"
            )
        );
        assert_eq!(
            text(Happening::Broken(&answer)),
            format!(
                "\r\ncontent-type: application/json\r\n\r\n{{\"payload\":null,\"errors\":[{error}]}}\r\n--graphql--\r\n"
            )
        );
        assert_eq!(text(Happening::Complete), "--\r\n");
    }
}
