//! What is a message of the protocol and what is none.

use super::message::{ClientMessage, read};

fn kind(text: &str) -> Option<String> {
    read(text, 20).map(|message| match message {
        ClientMessage::Init(payload) => format!("init {}", payload.len()),
        ClientMessage::Ping(payload) => format!("ping {}", payload.is_some()),
        ClientMessage::Pong => "pong".to_owned(),
        ClientMessage::Subscribe(id, asked) => format!("subscribe {id} {}", asked.request.query),
        ClientMessage::Complete(id) => format!("complete {id}"),
    })
}

#[test]
fn the_messages_of_a_client_are_read() {
    let table = [
        (r#"{"type":"connection_init"}"#, "init 0"),
        (r#"{"type":"connection_init","payload":null}"#, "init 0"),
        (r#"{"type":"connection_init","payload":{"authorization":"Bearer a"}}"#, "init 1"),
        (r#"{"type":"ping"}"#, "ping false"),
        (r#"{"type":"ping","payload":{}}"#, "ping true"),
        (r#"{"type":"pong","payload":{"a":1}}"#, "pong"),
        (r#"{"id":"1","type":"subscribe","payload":{"query":"{a}"}}"#, "subscribe 1 {a}"),
        (
            r#"{"payload":{"variables":null,"query":"{a}"},"type":"subscribe","id":"1"}"#,
            "subscribe 1 {a}",
        ),
        (r#"{"id":"\u0031","type":"complete"}"#, "complete 1"),
    ];

    for (text, read) in table {
        assert_eq!(kind(text).as_deref(), Some(read), "{text}");
    }
}

#[test]
fn everything_else_is_none_of_the_protocol() {
    let deep = format!(
        r#"{{"id":"1","type":"subscribe","payload":{{"query":"{{a}}","variables":{{"a":{}{}}}}}}}"#,
        "[".repeat(40),
        "]".repeat(40)
    );
    let table = [
        "hello",
        "[]",
        "null",
        r#"{"id":"1"}"#,
        r#"{"type":"shiver"}"#,
        r#"{"type":"connection_init","payload":"x"}"#,
        r#"{"type":"ping","payload":[]}"#,
        r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
        r#"{"id":"","type":"subscribe","payload":{"query":"{a}"}}"#,
        r#"{"id":1,"type":"subscribe","payload":{"query":"{a}"}}"#,
        r#"{"id":"1","type":"subscribe"}"#,
        r#"{"id":"1","type":"subscribe","payload":{}}"#,
        r#"{"id":"1","type":"subscribe","payload":{"query":"{a}","variables":[]}}"#,
        r#"{"type":"complete"}"#,
        r#"{"id":"1","type":"next","payload":{}}"#,
        &deep,
    ];

    for text in table {
        assert_eq!(kind(text), None, "{text}");
    }
}
