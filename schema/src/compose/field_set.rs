//! The `fields` argument of `@key`, `@requires` and `@provides`.

use std::fmt;

use apollo_compiler::{
    Name,
    ast::{Definition, Document, Selection},
};
use indexmap::IndexMap;

use super::subgraph::{SubgraphType, TypeKind};

/// A selection without the outer braces, for example `id brand { name }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldSet {
    pub(super) selections: Vec<Selection>,
}

impl FieldSet {
    /// Parses the text; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let source = match trimmed.starts_with('{') {
            true => trimmed.to_owned(),
            false => format!("{{{trimmed}}}"),
        };
        let document = Document::parse(source, "fields")
            .map_err(|_| format!("\"{text}\" is not a valid selection of fields"))?;
        match document.definitions.as_slice() {
            [Definition::OperationDefinition(operation)] => {
                Ok(Self { selections: operation.selection_set.clone() })
            }
            _ => Err(format!("\"{text}\" is not one selection of fields")),
        }
    }

    /// Calls `visit` with every type and field that the selection names. A
    /// field of an interface also counts for the types that implement it.
    pub(super) fn for_each_field(
        &self,
        types: &IndexMap<Name, SubgraphType>,
        parent: &Name,
        visit: &mut dyn FnMut(&Name, &Name),
    ) {
        visit_selections(&self.selections, types, parent, visit);
    }
}

impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, selection) in self.selections.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            match selection {
                Selection::Field(field) => write!(f, "{}", field.serialize().no_indent())?,
                Selection::InlineFragment(fragment) => {
                    write!(f, "{}", fragment.serialize().no_indent())?;
                }
                Selection::FragmentSpread(spread) => {
                    write!(f, "{}", spread.serialize().no_indent())?;
                }
            }
        }
        Ok(())
    }
}

fn visit_selections(
    selections: &[Selection],
    types: &IndexMap<Name, SubgraphType>,
    parent: &Name,
    visit: &mut dyn FnMut(&Name, &Name),
) {
    for selection in selections {
        match selection {
            Selection::Field(field) => {
                visit(parent, &field.name);
                let Some(parent_type) = types.get(parent) else {
                    continue;
                };
                if parent_type.kind == TypeKind::Interface {
                    for (name, _) in implementations(types, parent) {
                        visit(name, &field.name);
                    }
                }
                if let Some(definition) = parent_type.fields.get(&field.name) {
                    let inner = definition.ty.inner_named_type();
                    visit_selections(&field.selection_set, types, inner, visit);
                }
            }
            Selection::InlineFragment(fragment) => {
                let parent = fragment.type_condition.as_ref().unwrap_or(parent);
                visit_selections(&fragment.selection_set, types, parent, visit);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// The object types of one subgraph that implement an interface.
pub(super) fn implementations<'a>(
    types: &'a IndexMap<Name, SubgraphType>,
    interface: &'a Name,
) -> impl Iterator<Item = (&'a Name, &'a SubgraphType)> {
    types.iter().filter(move |(_, definition)| {
        definition.kind == TypeKind::Object && definition.implements.contains(interface)
    })
}
