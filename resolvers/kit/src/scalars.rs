//! The graph's own scalars. `DateTime` stands with the tables, in `entities`.

use std::{fmt, str::FromStr};

use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use iso_currency::Currency;
use serde::{Deserialize, Serialize};

/// The largest integer that JSON clients read exactly: 2^53 - 1.
const MAX_SAFE: i64 = (1 << 53) - 1;

/// 64-bit integer as a JSON number, never above 2^53-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Long(pub i64);

/// 64-bit integer as a JSON number, never above 2^53-1.
#[Scalar(name = "Long")]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => number
                .as_i64()
                .filter(|number| (-MAX_SAFE..=MAX_SAFE).contains(number))
                .map(Self)
                .ok_or_else(|| InputValueError::custom("not a whole number within ±(2^53 - 1)")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

/// Any JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(pub serde_json::Value);

/// Any JSON value, where the shape differs from case to case.
#[Scalar(name = "JSON")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        value.into_json().map(Self).map_err(|_| InputValueError::custom("not a JSON value"))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

/// A decimal number as exact text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(pub String);

/// Exact decimal as a string, e.g. "12.90".
#[Scalar(name = "Decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) if is_decimal(&text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_number(whole) && is_number(fraction)
}

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CurrencyCode(pub Currency);

impl CurrencyCode {
    /// How many digits stand after the point: 2 for EUR, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn digits(self) -> u32 {
        self.0.exponent().unwrap_or(0).into()
    }
}

impl FromStr for CurrencyCode {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        Currency::from_code(code).map(Self).ok_or(())
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.code())
    }
}

/// ISO 4217 code.
#[Scalar(name = "CurrencyCode")]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text_of(&value)?;
        text.parse().map_err(|()| InputValueError::custom(format!("{text:?} is not an ISO 4217 code")))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.code().to_owned())
    }
}

/// A two-letter country code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryCode(pub String);

/// ISO 3166-1 alpha-2 code.
#[Scalar(name = "CountryCode")]
impl ScalarType for CountryCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text_of(&value)?;
        if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Ok(Self(text.to_owned()));
        }
        Err(InputValueError::custom(format!("{text:?} is not an ISO 3166-1 alpha-2 code")))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// An absolute URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(pub String);

/// Absolute https URL; http in development only.
#[Scalar(name = "URL")]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text_of(&value)?;
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        if rest.is_some_and(|rest| !rest.is_empty()) && !text.contains(char::is_whitespace) {
            return Ok(Self(text.to_owned()));
        }
        Err(InputValueError::custom("not an absolute URL such as https://example.com/"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

fn text_of<T>(value: &Value) -> Result<&str, InputValueError<T>>
where
    T: ScalarType + async_graphql::InputType,
{
    match value {
        Value::String(text) => Ok(text),
        other => Err(InputValueError::expected_type(other.clone())),
    }
}
