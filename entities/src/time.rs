//! An instant in UTC, stored as integer milliseconds since 1970 and published
//! as RFC 3339 text.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{SecondsFormat, TimeZone as _, Utc};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
)]
#[serde(transparent)]
pub struct DateTime(pub i64);

impl DateTime {
    /// This instant, `milliseconds` later (or earlier when negative).
    #[must_use]
    pub const fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}

/// RFC 3339 instant in UTC, millisecond precision.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        chrono::DateTime::parse_from_rfc3339(text)
            .map(|instant| Self(instant.timestamp_millis()))
            .map_err(|_| {
                InputValueError::custom("not an RFC 3339 instant, e.g. 2026-01-31T12:00:00.000Z")
            })
    }

    fn to_value(&self) -> Value {
        Value::String(match Utc.timestamp_millis_opt(self.0).single() {
            Some(instant) => instant.to_rfc3339_opts(SecondsFormat::Millis, true),
            // Outside chrono's 260,000 years: no clock of ours writes it.
            None => format!("{}ms", self.0),
        })
    }
}
