//! What a token of a provider says, read without trust in its shape.

use serde_json::{Map, Value};

/// The claims of a token, or of a user info answer.
pub(super) struct Claims(pub(super) Map<String, Value>);

impl Claims {
    /// A text that is there and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// An instant in seconds, which may have a fraction (RFC 7519, section 2).
    pub(super) fn seconds(&self, name: &str) -> Result<Option<i64>, &'static str> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => {
                // A float is cut at the ends of the range.
                let whole = number.as_i64().or_else(|| number.as_f64().map(|float| float as i64));
                whole.map(Some).ok_or("a time is out of range")
            }
            Some(_) => Err("a time is no number"),
        }
    }

    /// Whether a claim is true; some providers write that as a text.
    pub(super) fn is_true(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(is_true)) => *is_true,
            Some(Value::String(text)) => text == "true",
            _ => false,
        }
    }

    /// Whom the token is for.
    pub(super) fn audiences(&self) -> Result<Vec<&str>, &'static str> {
        match self.0.get("aud") {
            None => Ok(Vec::new()),
            Some(Value::String(one)) => Ok(vec![one]),
            Some(Value::Array(many)) => {
                let texts: Option<Vec<&str>> = many.iter().map(Value::as_str).collect();
                texts.ok_or("an audience is no text")
            }
            Some(_) => Err("an audience is no text"),
        }
    }

    /// Adds what another answer says and this one does not.
    pub(super) fn complete(&mut self, other: Map<String, Value>) {
        for (name, value) in other {
            self.0.entry(name).or_insert(value);
        }
    }
}
