//! How single values are read and shown: lists that also come as one text,
//! secrets that are shown as stars.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserializer, Serializer, de};

/// A list, or one text with commas, as the environment has it.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(ListVisitor)
}

struct ListVisitor;

impl<'de> de::Visitor<'de> for ListVisitor {
    type Value = Vec<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of texts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(list)
    }
}

/// Shows that a secret is set, and nothing of it.
pub(super) fn masked<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if secret.expose_secret().is_empty() { "" } else { "***" })
}

/// Shows an address without the password in it.
pub(super) fn visible<S: Serializer>(url: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    match url.expose_secret() {
        url if url.contains('@') || url.contains("password=") => serializer.serialize_str("***"),
        url => serializer.serialize_str(url),
    }
}
