//! Whether a subgraph is valid GraphQL, once the definitions that federation
//! adds are there.

use std::{collections::HashSet, fmt::Write};

use apollo_compiler::{
    Name, Schema,
    ast::{Definition, Document, OperationType},
    name,
    validation::DiagnosticList,
};

use super::{
    SubgraphSdl,
    error::CompositionError,
    link::Links,
    specification::{INTERNAL_SCALARS, specified_directive},
};

/// Parses the SDL; syntax errors carry the line.
pub(super) fn parse(sdl: &SubgraphSdl, errors: &mut Vec<CompositionError>) -> Option<Document> {
    match Document::parse(sdl.sdl.as_str(), sdl.name.as_str()) {
        Ok(document) => Some(document),
        Err(invalid) => {
            report(sdl, &invalid.errors, errors);
            None
        }
    }
}

/// Validates the subgraph by the rules of <https://spec.graphql.org/>. A
/// subgraph may extend types it does not define, may have no query type, and
/// need not define the directives it imports.
pub(super) fn check(
    sdl: &SubgraphSdl,
    document: &Document,
    links: &Links,
    errors: &mut Vec<CompositionError>,
) -> bool {
    let mut without_schema = document.clone();
    without_schema.definitions.retain(|definition| {
        !matches!(definition, Definition::SchemaDefinition(_) | Definition::SchemaExtension(_))
            && !definition.name().is_some_and(|name| is_built_in(name))
    });
    let additions = Document::parse(additions(document, links), "federation")
        .expect("the definitions that federation adds are written in this crate");
    let built = Schema::builder()
        .adopt_orphan_extensions()
        .ignore_builtin_redefinitions()
        .add_ast(&without_schema)
        .add_ast(&additions)
        .build();
    let invalid = match built {
        Ok(schema) => schema.validate().err(),
        Err(invalid) => Some(invalid),
    };
    if let Some(invalid) = &invalid {
        report(sdl, &invalid.errors, errors);
    }
    invalid.is_none()
}

fn is_built_in(name: &str) -> bool {
    matches!(name, "Boolean" | "Float" | "ID" | "Int" | "String")
}

/// The root operation types: what the schema definition says, or the types of
/// the usual names.
pub(super) fn root_operations(document: &Document) -> Vec<(OperationType, Name)> {
    let named: Vec<_> = document
        .definitions
        .iter()
        .flat_map(|definition| match definition {
            Definition::SchemaDefinition(schema) => schema.root_operations.as_slice(),
            Definition::SchemaExtension(schema) => schema.root_operations.as_slice(),
            _ => &[],
        })
        .map(|operation| (operation.0, operation.1.clone()))
        .collect();
    if !named.is_empty() {
        return named;
    }
    [OperationType::Query, OperationType::Mutation, OperationType::Subscription]
        .into_iter()
        .map(|operation| (operation, usual_name(operation)))
        .filter(|(_, name)| declares_type(document, name))
        .collect()
}

/// The name of a root type in the supergraph.
pub(super) fn usual_name(operation: OperationType) -> Name {
    match operation {
        OperationType::Query => name!("Query"),
        OperationType::Mutation => name!("Mutation"),
        OperationType::Subscription => name!("Subscription"),
    }
}

/// Types with the usual name of a root type, where the root type has another.
pub(super) fn shadowed_root_names(document: &Document) -> Vec<Name> {
    root_operations(document)
        .into_iter()
        .filter(|(operation, name)| *name != usual_name(*operation))
        .map(|(operation, _)| usual_name(operation))
        .filter(|name| declares_type(document, name))
        .collect()
}

fn declares_type(document: &Document, name: &str) -> bool {
    document.definitions.iter().any(|definition| {
        !matches!(definition, Definition::DirectiveDefinition(_))
            && definition.name().is_some_and(|it| it == name)
    })
}

/// SDL of what the subgraph uses without defining it.
fn additions(document: &Document, links: &Links) -> String {
    let defined_directives: HashSet<&str> = document
        .definitions
        .iter()
        .filter_map(Definition::as_directive_definition)
        .map(|definition| definition.name.as_str())
        .collect();
    let mut sdl = String::new();
    let mut add = |text: std::fmt::Arguments| {
        sdl.write_fmt(text).expect("writing to a string cannot fail");
        sdl.push('\n');
    };
    for (local_name, name) in links.directives() {
        if let Some(directive) = specified_directive(name)
            && !defined_directives.contains(local_name)
        {
            add(format_args!("directive @{local_name}{}", directive.signature));
        }
    }
    if !defined_directives.contains("oneOf") {
        add(format_args!("directive @oneOf on INPUT_OBJECT"));
    }
    for scalar in INTERNAL_SCALARS {
        if !declares_type(document, scalar) {
            add(format_args!("scalar {scalar}"));
        }
    }
    let mut operations = root_operations(document);
    if !operations.iter().any(|(operation, _)| operation.is_query()) {
        operations.push((OperationType::Query, usual_name(OperationType::Query)));
    }
    add(format_args!("schema {{"));
    for (operation, name) in &operations {
        add(format_args!("{operation}: {name}"));
    }
    add(format_args!("}}"));
    // The fields every subgraph answers, so that the query type is never empty.
    for (operation, name) in &operations {
        if operation.is_query() && !declares_field(document, name, "_service") {
            add(format_args!("extend type {name} {{ _service: _Service }}"));
        }
    }
    sdl
}

fn declares_field(document: &Document, parent: &str, field: &str) -> bool {
    document.definitions.iter().any(|definition| {
        let fields = match definition {
            Definition::ObjectTypeDefinition(object) if object.name == parent => &object.fields,
            Definition::ObjectTypeExtension(object) if object.name == parent => &object.fields,
            _ => return false,
        };
        fields.iter().any(|it| it.name == field)
    })
}

fn report(sdl: &SubgraphSdl, diagnostics: &DiagnosticList, errors: &mut Vec<CompositionError>) {
    for diagnostic in diagnostics.iter() {
        let message = match diagnostic.line_column_range() {
            Some(range) => format!("line {}: {}", range.start.line, diagnostic.error),
            None => diagnostic.error.to_string(),
        };
        errors.push(CompositionError::of_subgraph("INVALID_GRAPHQL", &sdl.name, message));
    }
}
