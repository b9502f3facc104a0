//! The answer so far: a value tree into which every step's answer is merged.

use std::collections::BTreeSet;

use async_graphql::{Name, PathSegment, Value};
use indexmap::IndexMap;

use crate::planner::{Planner, Rewrite, RewriteSegment, Segment};

pub(super) type Object = IndexMap<Name, Value>;

/// The object's type, if it was asked for.
pub(super) fn typename(object: &Object) -> Option<&str> {
    object.get("__typename").and_then(text)
}

/// The text of a string or enum value.
pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Enum(name) => Some(name),
        _ => None,
    }
}

/// Adds an answer to the tree: objects and lists are merged, null adds nothing.
pub(super) fn merge(target: &mut Value, source: Value) {
    match (target, source) {
        (_, Value::Null) => {}
        (Value::Object(target), Value::Object(source)) => {
            for (key, value) in source {
                match target.get_mut(&key) {
                    Some(present) => merge(present, value),
                    None => drop(target.insert(key, value)),
                }
            }
        }
        (Value::List(target), Value::List(source)) if target.len() == source.len() => {
            for (target, source) in target.iter_mut().zip(source) {
                merge(target, source);
            }
        }
        (target, source) => *target = source,
    }
}

/// Brings back an object that a module of this process answered as null only
/// because all its fields failed: the error's path goes on below it. Which of the
/// fields may be null is for completion to say.
pub(super) fn revive(value: &mut Value, path: &[PathSegment]) {
    let Some((segment, rest)) = path.split_first() else { return };
    if *value == Value::Null && matches!(segment, PathSegment::Field(_)) {
        *value = Value::Object(Object::new());
    }
    match (value, segment) {
        (Value::Object(object), PathSegment::Field(key)) if !rest.is_empty() => {
            if let Some(inner) = object.get_mut(key.as_str()) {
                revive(inner, rest);
            }
        }
        (Value::List(items), PathSegment::Index(index)) => {
            if let Some(item) = items.get_mut(*index) {
                revive(item, rest);
            }
        }
        _ => {}
    }
}

/// Whether an object satisfies one of the type conditions; an object of unknown
/// type does.
pub(super) fn is_any(
    planner: &dyn Planner,
    typename: Option<&str>,
    conditions: &BTreeSet<String>,
) -> bool {
    typename.is_none_or(|name| conditions.iter().any(|condition| planner.satisfies(name, condition)))
}

/// Visits the values at the end of a path, in order.
pub(super) fn visit(
    planner: &dyn Planner,
    value: &Value,
    path: &[Segment],
    found: &mut dyn FnMut(&Value),
) {
    match (path.split_first(), value) {
        (None, Value::List(items)) => items.iter().for_each(|item| visit(planner, item, path, found)),
        (None, value) => found(value),
        (Some((Segment::List, rest)), Value::List(items)) => {
            items.iter().for_each(|item| visit(planner, item, rest, found));
        }
        (Some((Segment::Field(name), rest)), Value::Object(object)) => {
            if let Some(inner) = object.get(name) {
                visit(planner, inner, rest, found);
            }
        }
        (Some((Segment::On(types), rest)), Value::Object(object))
            if is_any(planner, typename(object), types) =>
        {
            visit(planner, value, rest, found);
        }
        // A path has one piece for a list of lists.
        (Some(_), Value::List(items)) => {
            items.iter().for_each(|item| visit(planner, item, path, found));
        }
        _ => {}
    }
}

/// As [`visit`], to change the values.
pub(super) fn visit_mut(
    planner: &dyn Planner,
    value: &mut Value,
    path: &[Segment],
    found: &mut dyn FnMut(&mut Value),
) {
    let Some((segment, rest)) = path.split_first() else {
        return match value {
            Value::List(items) => {
                items.iter_mut().for_each(|item| visit_mut(planner, item, path, found))
            }
            value => found(value),
        };
    };
    match (segment, value) {
        (Segment::List, Value::List(items)) => {
            items.iter_mut().for_each(|item| visit_mut(planner, item, rest, found));
        }
        (Segment::Field(name), Value::Object(object)) => {
            if let Some(inner) = object.get_mut(name) {
                visit_mut(planner, inner, rest, found);
            }
        }
        (Segment::On(types), value @ Value::Object(_)) => {
            let is_one =
                matches!(&*value, Value::Object(object) if is_any(planner, typename(object), types));
            if is_one {
                visit_mut(planner, value, rest, found);
            }
        }
        (_, Value::List(items)) => {
            items.iter_mut().for_each(|item| visit_mut(planner, item, path, found));
        }
        _ => {}
    }
}

/// The concrete path of every value that [`visit`] finds, in the same order.
pub(super) fn places(planner: &dyn Planner, value: &Value, path: &[Segment]) -> Vec<Vec<PathSegment>> {
    let mut places = Vec::new();
    place(planner, value, path, &mut Vec::new(), &mut places);
    places
}

fn place(
    planner: &dyn Planner,
    value: &Value,
    path: &[Segment],
    here: &mut Vec<PathSegment>,
    places: &mut Vec<Vec<PathSegment>>,
) {
    let mut items = |items: &[Value], path: &[Segment], here: &mut Vec<PathSegment>| {
        for (index, item) in items.iter().enumerate() {
            here.push(PathSegment::Index(index));
            place(planner, item, path, here, places);
            here.pop();
        }
    };
    match (path.split_first(), value) {
        (Some((Segment::List, rest)), Value::List(list)) => items(list, rest, here),
        (_, Value::List(list)) => items(list, path, here),
        (None, _) => places.push(here.clone()),
        (Some((Segment::Field(name), rest)), Value::Object(object)) => {
            if let Some(inner) = object.get(name) {
                here.push(PathSegment::Field(name.to_string()));
                place(planner, inner, rest, here, places);
                here.pop();
            }
        }
        (Some((Segment::On(types), rest)), Value::Object(object))
            if is_any(planner, typename(object), types) =>
        {
            place(planner, value, rest, here, places);
        }
        _ => {}
    }
}

/// Applies one rewrite of the plan.
pub(super) fn rewrite(planner: &dyn Planner, rewrite: &Rewrite, value: &mut Value) {
    match rewrite {
        Rewrite::Rename { path, to } => rename(planner, path, to, value),
        Rewrite::Set { path, to } => set(planner, path, to, value),
    }
}

fn rename(planner: &dyn Planner, path: &[RewriteSegment], to: &Name, value: &mut Value) {
    let Some((segment, rest)) = path.split_first() else { return };
    match value {
        Value::List(items) => items.iter_mut().for_each(|item| rename(planner, path, to, item)),
        Value::Object(object) => match segment {
            RewriteSegment::On(types) => {
                if is_any(planner, typename(object), types) {
                    rename(planner, rest, to, value);
                }
            }
            RewriteSegment::Key(key) if rest.is_empty() => {
                if key != to
                    && let Some(inner) = object.swap_remove(key)
                {
                    object.insert(to.clone(), inner);
                }
            }
            RewriteSegment::Key(key) => {
                if let Some(inner) = object.get_mut(key) {
                    rename(planner, rest, to, inner);
                }
            }
        },
        _ => {}
    }
}

fn set(planner: &dyn Planner, path: &[RewriteSegment], to: &str, value: &mut Value) {
    let Some((segment, rest)) = path.split_first() else {
        *value = Value::String(to.to_owned());
        return;
    };
    match value {
        Value::List(items) => items.iter_mut().for_each(|item| set(planner, path, to, item)),
        Value::Object(object) => match segment {
            RewriteSegment::On(types) => {
                if is_any(planner, typename(object), types) {
                    set(planner, rest, to, value);
                }
            }
            RewriteSegment::Key(key) => {
                if let Some(inner) = object.get_mut(key) {
                    set(planner, rest, to, inner);
                }
            }
        },
        _ => {}
    }
}
