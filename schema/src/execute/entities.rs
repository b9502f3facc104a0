//! Representations: what of the objects already there is sent to the subgraph
//! that completes them, each distinct object once.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher, RandomState},
};

use async_graphql::{Name, Value};

use super::tree::{Object, rewrite, typename, visit, visit_mut};
use crate::planner::{EntityBatch, Path, Planner, Required};

/// The representations of one `_entities` list, and which object gets which
/// answer.
#[derive(Default)]
pub(super) struct Representations {
    pub(super) list: Vec<Value>,
    /// For each path of the batch, for each object there: its place in the list.
    pub(super) targets: Vec<Vec<Option<usize>>>,
}

/// Gathers what a batch sends.
pub(super) fn gather(planner: &dyn Planner, data: &Value, batch: &EntityBatch) -> Representations {
    let mut gatherer = Gatherer { hasher: RandomState::new(), known: HashMap::new(), list: Vec::new() };
    let targets = batch.paths.iter().map(|path| {
        let mut targets = Vec::new();
        visit(planner, data, path, &mut |object| {
            targets.push(represent(planner, batch, object).map(|value| gatherer.place(value)));
        });
        targets
    });
    let targets = targets.collect();
    Representations { list: gatherer.list, targets }
}

/// Hands the answered objects out to those that asked.
pub(super) fn scatter(
    planner: &dyn Planner,
    data: &mut Value,
    batch: &EntityBatch,
    targets: &[Vec<Option<usize>>],
    mut entities: Vec<Value>,
) {
    for change in &batch.output {
        entities.iter_mut().for_each(|entity| rewrite(planner, change, entity));
    }
    // The last to take an answer needs no copy of it.
    let mut waiting = vec![0_usize; entities.len()];
    for index in targets.iter().flatten().flatten() {
        if let Some(waiting) = waiting.get_mut(*index) {
            *waiting += 1;
        }
    }
    for (path, targets) in batch.paths.iter().zip(targets) {
        hand_out(planner, data, path, targets, &mut entities, &mut waiting);
    }
}

fn hand_out(
    planner: &dyn Planner,
    data: &mut Value,
    path: &Path,
    targets: &[Option<usize>],
    entities: &mut [Value],
    waiting: &mut [usize],
) {
    let mut targets = targets.iter();
    visit_mut(planner, data, path, &mut |object| {
        let Some(Some(index)) = targets.next() else { return };
        let (Some(entity), Some(waiting)) = (entities.get_mut(*index), waiting.get_mut(*index)) else {
            return;
        };
        *waiting -= 1;
        let answer = if *waiting == 0 { std::mem::take(entity) } else { entity.clone() };
        super::tree::merge(object, answer);
    });
}

struct Gatherer {
    hasher: RandomState,
    known: HashMap<u64, usize>,
    list: Vec<Value>,
}

impl Gatherer {
    /// The place of a representation in the list; an equal one is not repeated.
    fn place(&mut self, value: Value) -> usize {
        let mut hasher = self.hasher.build_hasher();
        hash(&value, &mut hasher);
        let hash = hasher.finish();
        if let Some(index) = self.known.get(&hash).copied()
            && self.list[index] == value
        {
            return index;
        }
        let index = self.list.len();
        self.known.insert(hash, index);
        self.list.push(value);
        index
    }
}

fn hash(value: &Value, hasher: &mut impl Hasher) {
    std::mem::discriminant(value).hash(hasher);
    match value {
        Value::Null => {}
        Value::Number(number) => number.hash(hasher),
        Value::String(text) => text.hash(hasher),
        Value::Boolean(flag) => flag.hash(hasher),
        Value::Binary(bytes) => bytes.hash(hasher),
        Value::Enum(name) => name.as_str().hash(hasher),
        Value::List(items) => items.iter().for_each(|item| hash(item, hasher)),
        Value::Object(object) => {
            for (key, value) in object {
                key.as_str().hash(hasher);
                hash(value, hasher);
            }
        }
    }
}

/// What is sent of one object; `None` when it lacks what the subgraph requires,
/// or its type: a condition kept out what the step builds on.
fn represent(planner: &dyn Planner, batch: &EntityBatch, object: &Value) -> Option<Value> {
    if !matches!(object, Value::Object(object) if typename(object).is_some()) {
        return None;
    }
    if batch.input.is_empty() {
        return require(planner, &batch.requires, object);
    }
    let mut changed = object.clone();
    for change in &batch.input {
        rewrite(planner, change, &mut changed);
    }
    require(planner, &batch.requires, &changed)
}

fn require(planner: &dyn Planner, required: &[Required], value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::List(items) => {
            Some(Value::List(items.iter().filter_map(|item| require(planner, required, item)).collect()))
        }
        Value::Object(object) if !required.is_empty() => {
            let mut kept = Object::with_capacity(required.len() + 1);
            let is_found = select(planner, required, object, &mut kept);
            if let Some(name) = typename(object) {
                kept.insert(Name::new("__typename"), Value::String(name.to_owned()));
            }
            (is_found && !kept.is_empty()).then_some(Value::Object(kept))
        }
        value => Some(value.clone()),
    }
}

/// Adds the required fields; `false` when none of them is there.
fn select(planner: &dyn Planner, required: &[Required], object: &Object, kept: &mut Object) -> bool {
    let mut is_found = false;
    for item in required {
        match item {
            Required::Field { name, .. } if name == "__typename" => {
                is_found |= required.len() == 1;
            }
            Required::Field { key, name, inner } => {
                // A null is sent as it is: the subgraph decides what it means.
                let value = match object.get(name).or_else(|| object.get(key)) {
                    None => continue,
                    Some(Value::Null) => Some(Value::Null),
                    Some(value) => require(planner, inner, value),
                };
                if let Some(value) = value {
                    kept.insert(key.clone(), value);
                    is_found = true;
                }
            }
            Required::On { condition, inner } => {
                let name = typename(object).unwrap_or(condition);
                if planner.satisfies(name, condition) || planner.satisfies(condition, name) {
                    is_found |= select(planner, inner, object, kept);
                }
            }
        }
    }
    is_found
}
