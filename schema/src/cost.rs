//! What an operation costs, known before it runs: an object counts one, each
//! item of a list as often as the page asks for, leaf fields nothing.

use apollo_compiler::ast;
use async_graphql::{Name, Value, Variables};

use crate::{
    document::shape::{Field, Selection},
    execute::{Keys, is_included},
};

/// Items of a connection that is asked for no number of them.
const DEFAULT_PAGE: u64 = 20;
/// Items assumed for a list that has no pages, because it is short.
const DEFAULT_ITEMS: u64 = 10;
/// Fields that pass a page's size on to the fields below them.
const PAGE_FIELDS: [&str; 2] = ["edges", "nodes"];
/// What the smallest operation costs: it has to be read and answered, too.
pub(crate) const LEAST: u64 = 1;

/// The points an operation costs with these variables.
pub(crate) fn of(shape: &Selection, variables: &Variables) -> u64 {
    selection(shape, variables, None).max(LEAST)
}

/// The points of an operation that costs the same with any variables.
pub(crate) fn fixed(shape: &Selection) -> Option<u64> {
    (!varies(shape)).then(|| of(shape, &Variables::default()))
}

/// The points of what was answered: each object counts one.
pub(crate) fn answered(value: &Value, shape: &Selection, keys: Keys) -> u64 {
    match value {
        Value::List(items) => items.iter().map(|item| answered(item, shape, keys)).sum(),
        Value::Object(object) => {
            let typename = match object.get("__typename") {
                Some(Value::String(name)) => Some(name.as_str()),
                Some(Value::Enum(name)) => Some(name.as_str()),
                _ => None,
            };
            let fields = shape.variant(typename).map(|variant| &variant.fields);
            let below = fields.into_iter().flatten().map(|field| {
                match (&field.selection, object.get(keys.of(field))) {
                    (Some(_), Some(_)) if field.is_introspection() => 1,
                    (Some(selection), Some(value)) => answered(value, selection, keys),
                    _ => 0,
                }
            });
            1 + below.sum::<u64>()
        }
        _ => 0,
    }
}

/// The way to what costs most, in the client's names: `products.nodes.reviews`.
pub(crate) fn dearest(shape: &Selection, variables: &Variables) -> String {
    let (mut path, mut shape, mut page) = (Vec::new(), shape, None);
    loop {
        let fields = shape.variants.iter().flat_map(|variant| &variant.fields);
        let included = fields.filter(|field| is_included(field, variables));
        // Of equals the first.
        let dearest = included.rev().max_by_key(|one| field(one, variables, page));
        let Some((below, name)) = dearest.and_then(|field| Some((field.selection.as_deref()?, field)))
        else {
            return path.join(".");
        };
        path.push(name.key.as_str());
        page = page_below(name, variables);
        shape = below;
    }
}

fn varies(shape: &Selection) -> bool {
    let mut fields = shape.variants.iter().flat_map(|variant| &variant.fields);
    fields.any(|field| {
        let is_sized = |(name, value): &(Name, ast::Value)| {
            matches!(name.as_str(), "first" | "last" | "ids") && value.as_variable().is_some()
        };
        let below = field.selection.as_deref();
        below.is_some_and(|below| {
            !field.when.is_empty() || field.arguments.iter().any(is_sized) || varies(below)
        })
    })
}

fn selection(shape: &Selection, variables: &Variables, page: Option<u64>) -> u64 {
    // Of the possible types the dearest counts.
    let cost = |fields: &[Field]| {
        let included = fields.iter().filter(|field| is_included(field, variables));
        included.fold(0_u64, |sum, one| sum.saturating_add(field(one, variables, page)))
    };
    shape.variants.iter().map(|variant| cost(&variant.fields)).max().unwrap_or(0)
}

fn field(field: &Field, variables: &Variables, page: Option<u64>) -> u64 {
    let Some(below) = field.selection.as_deref() else { return 0 };
    if field.is_introspection() {
        return 1;
    }
    let is_page = PAGE_FIELDS.contains(&field.name.as_str());
    let items = match (field.ty.is_list(), is_page, page) {
        (true, true, Some(page)) => page,
        (true, true, None) => size(field, variables).unwrap_or(DEFAULT_PAGE),
        (true, false, _) => size(field, variables).unwrap_or(DEFAULT_ITEMS),
        (false, ..) => 1,
    };
    let below = selection(below, variables, page_below(field, variables));
    items.saturating_mul(below.saturating_add(1))
}

/// A connection's size is the size of its `edges` and `nodes`.
fn page_below(field: &Field, variables: &Variables) -> Option<u64> {
    if field.ty.is_list() { None } else { size(field, variables) }
}

/// What `first`, `last` or a list of ids asks for.
fn size(field: &Field, variables: &Variables) -> Option<u64> {
    field.arguments.iter().find_map(|(name, value)| {
        let value = match value {
            ast::Value::Variable(variable) => variables.get(&Name::new(variable.as_str()))?.clone(),
            constant => crate::variables::literal(constant),
        };
        match (name.as_str(), value) {
            ("first" | "last", Value::Number(number)) => number.as_u64(),
            ("ids", Value::List(ids)) => Some(ids.len() as u64),
            _ => None,
        }
    })
}
