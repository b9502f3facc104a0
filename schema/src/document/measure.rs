//! How large a document is once its fragments are spread, counted without
//! spreading them: each fragment is measured once.

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, Document, Field, FragmentDefinition, Selection};
use async_graphql::ServerError;

use crate::{Limits, error};

/// Refuses a document that is larger than the limits allow.
pub(crate) fn measure(document: &Document, limits: &Limits) -> Result<(), Vec<ServerError>> {
    let mut meter = Meter { fragments: HashMap::new(), measured: HashMap::new() };
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition {
            meter.fragments.insert(fragment.name.as_str(), fragment);
        }
    }
    let mut errors = Vec::new();
    for definition in &document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            let size = meter.set(&operation.selection_set);
            let directives = size.directives + operation.directives.len() as u64;
            refuse(&mut errors, size.depth, limits.depth, "levels of fields");
            refuse(&mut errors, size.fields, limits.fields, "fields");
            refuse(&mut errors, size.arguments, limits.arguments, "bytes of arguments");
            refuse(&mut errors, size.aliases, limits.aliases, "aliases");
            refuse(&mut errors, size.roots, limits.root_fields, "root fields");
            refuse(&mut errors, directives, limits.directives, "directives");
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn refuse(errors: &mut Vec<ServerError>, count: u64, limit: usize, what: &str) {
    if count > limit as u64 {
        errors.push(error::too_much(what, limit));
    }
}

fn directives(selection: &Selection) -> u64 {
    let directives = match selection {
        Selection::Field(field) => &field.directives,
        Selection::InlineFragment(fragment) => &fragment.directives,
        Selection::FragmentSpread(spread) => &spread.directives,
    };
    directives.len() as u64
}

/// How long the values of a field's arguments are as written.
fn written(field: &Field) -> u64 {
    let values = field.arguments.iter().filter_map(|argument| argument.value.location());
    values.map(|span| span.end_offset().saturating_sub(span.offset()) as u64).sum()
}

/// What a selection set comes to.
#[derive(Clone, Copy, Default)]
struct Size {
    fields: u64,
    aliases: u64,
    directives: u64,
    depth: u64,
    /// Fields of the set itself, not of those below.
    roots: u64,
    /// Bytes of the arguments' values.
    arguments: u64,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.roots = self.roots.saturating_add(other.roots);
        self.arguments = self.arguments.saturating_add(other.arguments);
        self.depth = self.depth.max(other.depth);
    }
}

struct Meter<'d> {
    fragments: HashMap<&'d str, &'d FragmentDefinition>,
    /// `None` while a fragment is being measured: a cycle, which validation names.
    measured: HashMap<&'d str, Option<Size>>,
}

impl<'d> Meter<'d> {
    fn set(&mut self, selections: &'d [Selection]) -> Size {
        let mut size = Size::default();
        for selection in selections {
            size.directives = size.directives.saturating_add(directives(selection));
            size.add(match selection {
                Selection::Field(field) => {
                    let below = self.set(&field.selection_set);
                    Size {
                        fields: below.fields.saturating_add(1),
                        aliases: below.aliases.saturating_add(field.alias.is_some().into()),
                        directives: below.directives,
                        depth: below.depth.saturating_add(1),
                        roots: 1,
                        arguments: below.arguments.saturating_add(written(field)),
                    }
                }
                Selection::InlineFragment(fragment) => self.set(&fragment.selection_set),
                Selection::FragmentSpread(spread) => self.fragment(spread.fragment_name.as_str()),
            });
        }
        size
    }

    fn fragment(&mut self, name: &'d str) -> Size {
        if let Some(known) = self.measured.get(name) {
            return known.unwrap_or_default();
        }
        let Some(fragment) = self.fragments.get(name).copied() else {
            return Size::default();
        };
        self.measured.insert(name, None);
        let size = self.set(&fragment.selection_set);
        self.measured.insert(name, Some(size));
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(document: &str) -> Vec<String> {
        let document = Document::parse(document, "d.graphql").expect("parses");
        let errors = measure(&document, &Limits::default()).err().unwrap_or_default();
        errors.into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn a_fragment_bomb_is_counted_without_being_spread() {
        let mut bomb = "{ ...F0 } ".to_owned();
        for level in 0..40 {
            let next = level + 1;
            bomb += &format!("fragment F{level} on Query {{ ...F{next} ...F{next} }} ");
        }
        bomb += "fragment F40 on Query { __typename }";

        assert_eq!(
            refused(&bomb),
            ["the document has more than 5000 fields", "the document has more than 60 root fields"]
        );
    }

    #[test]
    fn a_cycle_ends_and_is_left_to_validation() {
        assert!(
            refused("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }").is_empty()
        );
    }

    #[test]
    fn depth_counts_fields_through_fragments() {
        let deep =
            format!("{{ ...A }} fragment A on Query {{ {} }}", "a{".repeat(51) + "b" + &"}".repeat(51));

        assert_eq!(refused(&deep), ["the document has more than 50 levels of fields"]);
    }
}
