//! What is sent: the fact, and what it is.

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::Value;
use subscriptions::Event;

#[derive(Serialize)]
struct Body<'a> {
    /// The same over all attempts, and for all endpoints.
    id: String,
    #[serde(rename = "type")]
    kind: &'a str,
    /// When it happened.
    timestamp: String,
    data: &'a Value,
}

/// The body for an event: the same text at every attempt, since it is signed.
pub(crate) fn of(event: &Event) -> String {
    let at = chrono::DateTime::from_timestamp_millis(event.at.0).unwrap_or_default();
    let body = Body {
        id: event.id().to_string(),
        kind: &event.kind,
        timestamp: at.to_rfc3339_opts(SecondsFormat::Millis, true),
        data: &event.payload,
    };
    serde_json::to_string(&body).expect("payloads are plain data")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use subscriptions::Position;

    use super::*;

    #[test]
    fn a_body_names_the_event_and_carries_its_fact() {
        let event = Event {
            position: Position { transaction: 9, sequence: 7 },
            kind: "product.changed".to_owned(),
            version: 1,
            subject: "prod_1".to_owned(),
            payload: json!({ "productId": "prod_1" }),
            at: kit::seed::TODAY,
            is_passing: false,
        };

        assert_eq!(
            of(&event),
            r#"{"id":"evt_00000000000000000000000007","type":"product.changed","timestamp":"2026-01-01T00:00:00.000Z","data":{"productId":"prod_1"}}"#
        );
    }
}
