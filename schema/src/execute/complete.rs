//! Completing an answer by the public schema: null propagation (GraphQL
//! specification, 6.4.4 "Handling Execution Errors"), hidden enum values, types
//! that clients must not see.

use async_graphql::{PathSegment, ServerError, Value, Variables};

use super::{
    Keys,
    tree::{Object, text, typename},
};
use crate::{
    document::shape::{Field, Selection, Ty, Variant},
    error::{self, INTERNAL},
    guards::Refusal,
};

/// Completes the tree in place; `false` when nothing of it may stand.
pub(super) fn complete(
    data: &mut Value,
    shape: &Selection,
    keys: Keys,
    variables: &Variables,
    errors: &mut Vec<ServerError>,
) -> bool {
    let mut completer = Completer { keys, variables, errors, path: Vec::new() };
    let (Value::Object(object), Some(variant)) = (data, shape.variants.first()) else {
        return false;
    };
    completer.object(object, variant)
}

enum Piece<'s> {
    Field(&'s Field),
    Index(usize),
}

struct Completer<'s> {
    keys: Keys,
    variables: &'s Variables,
    errors: &'s mut Vec<ServerError>,
    path: Vec<Piece<'s>>,
}

impl<'s> Completer<'s> {
    /// `false` when a non-null field is null, so that the object can't stand.
    fn object(&mut self, object: &mut Object, variant: &'s Variant) -> bool {
        let mut stands = true;
        for field in &variant.fields {
            if field.name == "__typename" || !super::is_included(field, self.variables) {
                continue;
            }
            self.path.push(Piece::Field(field));
            if let Some(refusal) = &field.refused {
                // The plan has not asked for it, and whoever brings it along is not heard.
                object.swap_remove(self.keys.of(field));
                self.refuse(refusal, field);
                self.path.pop();
                stands &= !matches!(field.ty, Ty::NonNull(_));
                continue;
            }
            stands &= match object.get_mut(self.keys.of(field)) {
                Some(value) => self.value(value, &field.ty, field),
                None if matches!(field.ty, Ty::NonNull(_)) => {
                    if !self.has_failed(variant) {
                        self.violation();
                    }
                    false
                }
                None => true,
            };
            self.path.pop();
        }
        stands
    }

    /// `false` when the value is null and must not be.
    fn value(&mut self, value: &mut Value, ty: &'s Ty, field: &'s Field) -> bool {
        match ty {
            Ty::NonNull(_) if *value == Value::Null => self.violation(),
            Ty::NonNull(inner) => {
                self.value(value, inner, field);
                *value != Value::Null
            }
            Ty::List(inner) => {
                self.list(value, inner, field);
                true
            }
            Ty::Named => {
                self.named(value, field);
                true
            }
        }
    }

    fn list(&mut self, value: &mut Value, inner: &'s Ty, field: &'s Field) {
        let mut stands = true;
        match value {
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.path.push(Piece::Index(index));
                    stands &= self.value(item, inner, field);
                    self.path.pop();
                }
            }
            Value::Null => return,
            _ => {
                self.report("a list was expected here");
                stands = false;
            }
        }
        if !stands {
            *value = Value::Null;
        }
    }

    fn named(&mut self, value: &mut Value, field: &'s Field) {
        let stands = match (&*value, &field.selection, &field.values) {
            (Value::Null, ..) => return,
            (Value::Object(object), Some(selection), _) => {
                match selection.variant(typename(object)) {
                    Some(Variant { refused: Some(refusal), .. }) => {
                        self.refuse(refusal, field);
                        false
                    }
                    // Asked for its type, and nobody knows it.
                    Some(variant) if self.names_no_type(selection, variant) => {
                        self.report("the type of this object is not known");
                        false
                    }
                    Some(variant) => {
                        let Value::Object(object) = value else { return };
                        self.object(object, variant)
                    }
                    // Of a type that clients must not see.
                    None => false,
                }
            }
            (_, Some(_), _) => {
                self.report("an object was expected here");
                false
            }
            (leaf, None, Some(values)) => {
                let is_known = text(leaf).is_some_and(|name| values.contains(name));
                if !is_known {
                    self.report("the value is none of the enum's");
                }
                is_known
            }
            (_, None, None) => return,
        };
        if !stands {
            *value = Value::Null;
        }
    }

    /// Whether the answer would name an abstract type as an object's own.
    fn names_no_type(&self, selection: &Selection, variant: &Variant) -> bool {
        selection.open.as_deref().is_some_and(|open| std::ptr::eq(open, variant))
            && variant
                .fields
                .iter()
                .any(|field| field.name == "__typename" && super::is_included(field, self.variables))
    }

    /// A null where none may be; reported unless its cause already was.
    fn violation(&mut self) -> bool {
        let name = self.path.iter().rev().find_map(|piece| match piece {
            Piece::Field(field) => Some(field.name.to_string()),
            Piece::Index(_) => None,
        });
        let message = format!("Cannot return null for non-nullable field {}.", name.unwrap_or_default());
        self.report(&message);
        false
    }

    /// Whether another field, of the object around the one here, erred and must
    /// not be null: a module that nulls the object says nothing of its siblings.
    fn has_failed(&self, variant: &Variant) -> bool {
        let mut around = self.here();
        around.pop();
        let must_stand = |key: &str| {
            let mut fields = variant.fields.iter();
            fields.any(|field| field.key == *key && matches!(field.ty, Ty::NonNull(_)))
        };
        self.errors.iter().any(|error| {
            let rest = error.path.strip_prefix(around.as_slice());
            matches!(rest.and_then(<[_]>::first), Some(PathSegment::Field(key)) if must_stand(key))
        })
    }

    fn here(&self) -> Vec<PathSegment> {
        let pieces = self.path.iter().map(|piece| match piece {
            Piece::Field(field) => PathSegment::Field(field.key.to_string()),
            Piece::Index(index) => PathSegment::Index(*index),
        });
        pieces.collect()
    }

    /// What a viewer may not see is said at its place, whatever else went wrong.
    fn refuse(&mut self, refusal: &Refusal, field: &Field) {
        if self.errors.len() < super::MAX_ERRORS {
            self.errors.push(refusal.at(self.here(), field.position));
        }
    }

    fn report(&mut self, message: &str) {
        if self.errors.len() >= super::MAX_ERRORS {
            return;
        }
        let path = self.here();
        let is_reported = self.errors.iter().any(|error| {
            let common = error.path.len().min(path.len());
            error.path.is_empty() || error.path[..common] == path[..common]
        });
        if !is_reported {
            let mut error = error::at(INTERNAL, message, path);
            error.locations.extend(self.path.iter().rev().find_map(|piece| match piece {
                Piece::Field(field) => Some(field.position),
                Piece::Index(_) => None,
            }));
            self.errors.push(error);
        }
    }
}
