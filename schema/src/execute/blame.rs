//! Errors of a step in the client's terms: the whole path in the answer, the
//! client's own names, the place in the client's document.

use async_graphql::{PathSegment, ServerError, Value, Variables};

use super::tree::places;
use crate::{
    document::shape::{SHIELD, Selection},
    planner::{EntityBatch, Planner, Rewrite, RewriteSegment},
};

/// Gives each error the position of its field in the client's document.
pub(super) fn locate(shape: &Selection, errors: &mut [ServerError]) {
    for error in errors {
        if error.locations.is_empty() {
            error.locations.extend(position(shape, &error.path));
        }
    }
}

/// Whether an error is of a field that the variables let into the answer; a
/// repeated root field is asked for when only one of its conditions may hold.
pub(super) fn is_asked(shape: &Selection, path: &[PathSegment], variables: &Variables) -> bool {
    let mut selection = Some(shape);
    for piece in path {
        let (PathSegment::Field(key), Some(here)) = (piece, selection) else { continue };
        let fields = here.variants.iter().flat_map(|variant| &variant.fields);
        let mut fields = fields.filter(|field| field.key == *key).peekable();
        let first = fields.peek().copied();
        if first.is_some() && !fields.any(|field| super::is_included(field, variables)) {
            return false;
        }
        selection = first.and_then(|field| field.selection.as_deref());
    }
    true
}

fn position(shape: &Selection, path: &[PathSegment]) -> Option<async_graphql::Pos> {
    let mut selection = Some(shape);
    let mut position = None;
    for piece in path {
        let PathSegment::Field(key) = piece else { continue };
        let field = selection?
            .variants
            .iter()
            .flat_map(|variant| &variant.fields)
            .find(|field| field.key == *key)?;
        position = Some(field.position);
        selection = field.selection.as_deref();
    }
    position
}

/// The client's names in a path of the answer.
pub(super) fn client_path(path: &[PathSegment], output: &[Rewrite]) -> Vec<PathSegment> {
    path.iter()
        .map(|piece| match piece {
            PathSegment::Index(index) => PathSegment::Index(*index),
            PathSegment::Field(name) => PathSegment::Field(client_name(name, output).to_owned()),
        })
        .collect()
}

fn client_name<'n>(name: &'n str, output: &'n [Rewrite]) -> &'n str {
    let renamed = output.iter().find_map(|rewrite| match rewrite {
        Rewrite::Rename { path, to } if path.last().is_some_and(|last| is_key(last, name)) => {
            Some(to.as_str())
        }
        _ => None,
    });
    let name = renamed.unwrap_or(name);
    name.strip_prefix(SHIELD).unwrap_or(name)
}

fn is_key(segment: &RewriteSegment, name: &str) -> bool {
    matches!(segment, RewriteSegment::Key(key) if key == name)
}

/// The errors of an `_entities` list, one for every object that asked for the
/// failed one.
pub(super) fn of_entities(
    planner: &dyn Planner,
    data: &Value,
    batch: &EntityBatch,
    targets: &[Vec<Option<usize>>],
    entities: &[Value],
    errors: Vec<ServerError>,
) -> Vec<ServerError> {
    let places: Vec<Vec<Vec<PathSegment>>> =
        batch.paths.iter().map(|path| places(planner, data, path)).collect();
    let mut blamed = Vec::new();
    let mut taken = Vec::new();
    for error in errors {
        let rest = match error.path.first() {
            Some(PathSegment::Field(key)) if *key == batch.key.as_str() => &error.path[1..],
            _ => &error.path[..],
        };
        let (index, rest) = match rest.split_first() {
            Some((PathSegment::Index(index), rest)) => (Some(*index), rest),
            // In-process subgraphs leave the index out: the object that lacks
            // the field is the one.
            _ => (lacking(entities, rest, &mut taken), rest),
        };
        let rest = client_path(rest, &batch.output);
        let before = blamed.len();
        for (places, targets) in places.iter().zip(targets) {
            for (place, target) in places.iter().zip(targets) {
                if blamed.len() >= super::MAX_ERRORS {
                    return blamed;
                }
                if index.is_some() && *target == index {
                    let mut blame = error.clone();
                    blame.path = client_path(place, &[]);
                    blame.path.extend(rest.iter().cloned());
                    blamed.push(blame);
                }
            }
        }
        if blamed.len() == before {
            let first = places.iter().flatten().next();
            let mut blame = error.clone();
            blame.path = first.map(|place| client_path(place, &[])).unwrap_or_default();
            blamed.push(blame);
        }
    }
    blamed
}

/// The first object without a value at the path that no earlier error took;
/// `taken` holds, for each path, where to look next.
fn lacking(
    entities: &[Value],
    rest: &[PathSegment],
    taken: &mut Vec<(usize, Vec<PathSegment>)>,
) -> Option<usize> {
    let known = taken.iter().position(|(_, path)| path.as_slice() == rest);
    let from = known.map_or(0, |at| taken[at].0);
    let index = (from..entities.len()).find(|index| lacks(&entities[*index], rest))?;
    match known {
        Some(at) => taken[at].0 = index + 1,
        None => taken.push((index + 1, rest.to_vec())),
    }
    Some(index)
}

fn lacks(value: &Value, path: &[PathSegment]) -> bool {
    match (path.split_first(), value) {
        (_, Value::Null) => true,
        (Some((PathSegment::Field(key), rest)), Value::Object(object)) => {
            object.get(key.as_str()).is_none_or(|inner| lacks(inner, rest))
        }
        (Some((PathSegment::Index(index), rest)), Value::List(items)) => {
            items.get(*index).is_none_or(|inner| lacks(inner, rest))
        }
        _ => false,
    }
}
