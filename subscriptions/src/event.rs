//! An event: a fact in the past tense, and its position in the log.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::{
    ids::{EventId, Id as _},
    time::DateTime,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Where an event stands in the log.
///
/// On Postgres the order of sequence numbers is not the order of commits, so
/// the position leads with the transaction's number and readers look only at
/// transactions older than every running one: nothing can appear before what
/// they have seen. On SQLite, which has one writer, `transaction` is always 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// The writing transaction.
    pub transaction: i64,
    /// The event's number.
    pub sequence: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.transaction.to_be_bytes());
        bytes[8..].copy_from_slice(&self.sequence.to_be_bytes());
        formatter.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Position {
    type Err = crate::LogError;

    fn from_str(cursor: &str) -> Result<Self, Self::Err> {
        let bytes: [u8; 16] = URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(crate::LogError::BadCursor)?;
        let number = |range: std::ops::Range<usize>| {
            i64::from_be_bytes(bytes[range].try_into().expect("eight of sixteen bytes"))
        };
        Ok(Self { transaction: number(0..8), sequence: number(8..16) })
    }
}

/// A fact of one kind, with its payload as a type.
///
/// A payload only ever gains optional fields within a version; anything else is
/// a new version, and [`upgrade`](Self::upgrade) brings the older ones up, since
/// the log still holds them.
pub trait Fact: Serialize + DeserializeOwned {
    /// What happened, in the past tense: `product.changed`.
    const KIND: &'static str;
    /// Version of the payload's shape.
    const VERSION: i32 = 1;

    /// The id of what it happened to; events of one subject keep their order
    /// even when a handler has to try one of them again.
    fn subject(&self) -> String;

    /// A payload of an older version in the shape of this one; `None` when it
    /// can't be read.
    #[must_use]
    fn upgrade(version: i32, payload: Value) -> Option<Value> {
        (version == Self::VERSION).then_some(payload)
    }
}

/// A fact as read from the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Where it stands; of a passing signal, the event that it follows.
    pub position: Position,
    /// What happened, e.g. `product.changed`.
    pub kind: String,
    /// Version of the payload's shape.
    pub version: i32,
    /// The id of what it happened to.
    pub subject: String,
    /// The shape that `kind` and `version` name.
    pub payload: Value,
    /// When.
    pub at: DateTime,
    /// Whether it is a signal that was never stored and is never replayed.
    pub is_passing: bool,
}

impl Event {
    /// The event's id: the same for every reader and at every replay.
    #[must_use]
    pub fn id(&self) -> EventId {
        let number = u128::try_from(self.position.sequence).unwrap_or_default();
        EventId::from_ulid(number.into())
    }

    /// The payload as a fact; `None` when the event is of another kind, or was
    /// written by a later version of us.
    #[must_use]
    pub fn read<F: Fact>(&self) -> Option<F> {
        if self.kind != F::KIND {
            return None;
        }
        let payload = F::upgrade(self.version, self.payload.clone())?;
        serde_json::from_value(payload).ok()
    }
}

/// A fact to write.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// What happened, e.g. `product.changed`.
    pub kind: &'static str,
    /// Version of the payload's shape.
    pub version: i32,
    /// The id of what it happened to.
    pub subject: String,
    /// The shape that `kind` and `version` name.
    pub payload: Value,
    /// When.
    pub at: DateTime,
}

impl NewEvent {
    /// This fact, as of now.
    ///
    /// # Panics
    /// When the fact is not plain data: a mistake of the code.
    pub fn new<F: Fact>(fact: &F, at: DateTime) -> Self {
        let payload = serde_json::to_value(fact).expect("payloads are plain data");
        Self { kind: F::KIND, version: F::VERSION, subject: fact.subject(), payload, at }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cursor_reads_back_and_rubbish_is_refused() {
        let position = Position { transaction: 7, sequence: 42 };

        assert_eq!(position.to_string().parse::<Position>().expect("ours"), position);
        assert!("rubbish".parse::<Position>().is_err());
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Moved {
        place: String,
    }

    impl Fact for Moved {
        const KIND: &'static str = "thing.moved";
        const VERSION: i32 = 2;

        fn subject(&self) -> String {
            "thing".to_owned()
        }

        fn upgrade(version: i32, payload: Value) -> Option<Value> {
            match version {
                1 => Some(json!({ "place": payload["to"] })),
                2 => Some(payload),
                _ => None,
            }
        }
    }

    #[test]
    fn a_payload_is_read_in_its_own_version_an_older_one_is_brought_up_a_later_one_is_not_guessed() {
        let stored = |kind: &str, version, payload| Event {
            position: Position::default(),
            kind: kind.to_owned(),
            version,
            subject: "thing".to_owned(),
            payload,
            at: DateTime(0),
            is_passing: false,
        };
        let moved = Some(Moved { place: "shelf".to_owned() });

        assert_eq!(stored("thing.moved", 2, json!({ "place": "shelf" })).read::<Moved>(), moved);
        assert_eq!(stored("thing.moved", 1, json!({ "to": "shelf" })).read::<Moved>(), moved);
        assert_eq!(stored("thing.moved", 3, json!({ "place": "shelf" })).read::<Moved>(), None);
        assert_eq!(stored("thing.lost", 2, json!({ "place": "shelf" })).read::<Moved>(), None);
    }
}
