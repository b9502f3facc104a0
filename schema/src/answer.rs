//! An answer: the completed tree and the shape to write it in. Written as JSON
//! once, straight from the tree.

use std::{io::Write as _, sync::Arc};

use async_graphql::{Response, ServerError, Value, Variables};
use bytes::Bytes;
use indexmap::IndexMap;

use crate::{
    document::shape::{Selection, Variant},
    engine::Prepared,
    error,
    execute::{Keys, is_included},
};

/// What a request is answered.
#[derive(Clone)]
pub struct Answer {
    data: Data,
    /// Errors, in the client's terms.
    pub errors: Vec<ServerError>,
    /// Beside the data, e.g. the cost.
    pub extensions: IndexMap<String, Value>,
}

#[derive(Clone)]
enum Data {
    /// The request was refused before anything ran.
    None,
    /// It ran, and a null reached the root.
    Null,
    Tree {
        value: Value,
        prepared: Arc<Prepared>,
        variables: Variables,
    },
    /// Written already, for many.
    Written(Bytes),
}

impl Answer {
    /// A request that was refused before anything ran: there is no `data`.
    #[must_use]
    pub fn refused(errors: Vec<ServerError>) -> Self {
        Self { data: Data::None, errors, extensions: IndexMap::new() }
    }

    pub(crate) fn new(
        value: Option<Value>,
        errors: Vec<ServerError>,
        prepared: Arc<Prepared>,
        variables: Variables,
    ) -> Self {
        let data = match value {
            Some(value) => Data::Tree { value, prepared, variables },
            None => Data::Null,
        };
        Self { data, errors, extensions: IndexMap::new() }
    }

    /// The same answer with its data written as JSON: clones share the bytes.
    pub(crate) fn written(mut self) -> Self {
        if let Data::Tree { .. } = &self.data {
            let mut out = Vec::with_capacity(1_024);
            self.data.write_json(&mut out);
            out.shrink_to_fit();
            self.data = Data::Written(out.into());
        }
        self
    }

    /// Whether the request was refused before anything ran (GraphQL over HTTP:
    /// an answer without `data`).
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(self.data, Data::None)
    }

    /// Appends the answer as JSON; errors come first, where people see them.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        if !self.errors.is_empty() {
            out.extend_from_slice(b"\"errors\":");
            write_plain(out, &self.errors);
            if !self.is_refused() {
                out.push(b',');
            }
        }
        if !self.is_refused() {
            out.extend_from_slice(b"\"data\":");
            self.data.write_json(out);
        }
        if !self.extensions.is_empty() {
            out.extend_from_slice(b",\"extensions\":");
            write_plain(out, &self.extensions);
        }
        out.push(b'}');
    }

    /// Room for the answer as JSON, where it is known.
    #[must_use]
    pub fn size_hint(&self) -> usize {
        match &self.data {
            Data::Written(json) => json.len() + 16,
            _ => 1_024,
        }
    }

    /// The answer as JSON text.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size_hint());
        self.write_json(&mut out);
        out
    }
}

impl Data {
    fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => {}
            Self::Null => out.extend_from_slice(b"null"),
            Self::Tree { value, prepared, variables } => {
                Writer { out, variables, keys: prepared.keys() }.selection(value, &prepared.shape);
            }
            Self::Written(json) => out.extend_from_slice(json),
        }
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        let mut errors = answer.errors;
        let data = match &answer.data {
            Data::None | Data::Null => Value::Null,
            Data::Tree { .. } | Data::Written(_) => {
                let bare = Answer { errors: Vec::new(), extensions: IndexMap::new(), data: answer.data };
                match serde_json::from_slice::<IndexMap<String, Value>>(&bare.to_json()) {
                    Ok(mut json) => json.swap_remove("data").unwrap_or_default(),
                    // A scalar of a subgraph can nest deeper than the reader goes.
                    Err(_) => {
                        errors.push(error::coded(error::INTERNAL, "the answer nests too deep"));
                        Value::Null
                    }
                }
            }
        };
        let mut response = Self::new(data);
        response.errors = errors;
        response.extensions = answer.extensions.into_iter().collect();
        response
    }
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    variables: &'a Variables,
    keys: Keys,
}

impl Writer<'_> {
    fn selection(&mut self, value: &Value, selection: &Selection) {
        match value {
            Value::Object(object) => {
                let typename = match object.get("__typename") {
                    Some(Value::String(name)) => Some(name.as_str()),
                    Some(Value::Enum(name)) => Some(name.as_str()),
                    _ => None,
                };
                match selection.variant(typename) {
                    Some(variant) => self.object(object, variant),
                    None => self.out.extend_from_slice(b"null"),
                }
            }
            Value::List(items) => {
                self.out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.out.push(b',');
                    }
                    self.selection(item, selection);
                }
                self.out.push(b']');
            }
            _ => self.out.extend_from_slice(b"null"),
        }
    }

    fn object(&mut self, object: &IndexMap<async_graphql::Name, Value>, variant: &Variant) {
        self.out.push(b'{');
        let mut is_first = true;
        for field in &variant.fields {
            if !is_included(field, self.variables) {
                continue;
            }
            if !is_first {
                self.out.push(b',');
            }
            is_first = false;
            self.out.push(b'"');
            self.out.extend_from_slice(field.key.as_bytes());
            self.out.extend_from_slice(b"\":");
            if field.name == "__typename" {
                let _ = write!(self.out, "\"{}\"", variant.typename);
                continue;
            }
            match (object.get(self.keys.of(field)), &field.selection) {
                (None, _) => self.out.extend_from_slice(b"null"),
                (Some(value), Some(selection)) => self.selection(value, selection),
                (Some(value), None) => write_plain(self.out, value),
            }
        }
        self.out.push(b'}');
    }
}

/// Plain data as JSON; writing to memory can't fail.
fn write_plain(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    serde_json::to_writer(out, value).expect("plain data is JSON");
}
