//! What an operation costs, known before it runs: an object counts one, each
//! item of a list as often as the page asks for, leaf fields nothing.

use apollo_compiler::ast;
use async_graphql::{Name, Value, Variables};

use crate::{
    document::shape::{Field, Selection},
    execute::is_included,
};

/// Items assumed for a list without a page size.
const DEFAULT_ITEMS: u64 = 20;
/// Fields that pass a page's size on to the fields below them.
const PAGE_FIELDS: [&str; 2] = ["edges", "nodes"];

/// The points an operation costs with these variables.
pub(crate) fn of(shape: &Selection, variables: &Variables) -> u64 {
    selection(shape, variables, None)
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
    let size = size(field, variables);
    let is_page = PAGE_FIELDS.contains(&field.name.as_str());
    let items = match (field.ty.is_list(), is_page, page) {
        (true, true, Some(page)) => page,
        (true, ..) => size.unwrap_or(DEFAULT_ITEMS),
        (false, ..) => 1,
    };
    // A connection's size is the size of its `edges` and `nodes`.
    let page = if field.ty.is_list() { None } else { size };
    items.saturating_mul(selection(below, variables, page).saturating_add(1))
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
