//! An event: a fact in the past tense, and its position in the log.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::time::DateTime;
use serde::Serialize;

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

/// A fact as read from the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Where it stands.
    pub position: Position,
    /// What happened, e.g. `ProductChanged`.
    pub kind: String,
    /// Version of the payload's shape.
    pub version: i32,
    /// The id of what it happened to.
    pub subject: String,
    /// The shape that `kind` and `version` name.
    pub payload: serde_json::Value,
    /// When.
    pub at: DateTime,
}

/// A fact to write.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// What happened, e.g. `ProductChanged`.
    pub kind: &'static str,
    /// Version of the payload's shape.
    pub version: i32,
    /// The id of what it happened to.
    pub subject: String,
    /// The shape that `kind` and `version` name.
    pub payload: serde_json::Value,
    /// When.
    pub at: DateTime,
}

impl NewEvent {
    /// A fact about `subject`, version 1 of its payload.
    pub fn new(
        kind: &'static str,
        subject: impl fmt::Display,
        payload: &impl Serialize,
        at: DateTime,
    ) -> Self {
        let payload = serde_json::to_value(payload).expect("payloads are plain data");
        Self { kind, version: 1, subject: subject.to_string(), payload, at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_rubbish_is_refused() {
        let position = Position { transaction: 7, sequence: 42 };

        assert_eq!(position.to_string().parse::<Position>().expect("ours"), position);
        assert!("rubbish".parse::<Position>().is_err());
    }
}
