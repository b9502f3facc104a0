//! Rules that only the merged schema can break.

use apollo_compiler::{
    Schema,
    ast::{Definition, Document},
    schema::ExtendedType,
};

use super::inaccessible;
use crate::compose::error::CompositionError;

/// Checks the composed supergraph: it has to be valid GraphQL, also for
/// clients, who do not see what is `@inaccessible`.
pub(in crate::compose) fn check(
    preamble: &str,
    types: &[Definition],
    errors: &mut Vec<CompositionError>,
) {
    let mut document = Document::new();
    document.definitions = types.to_vec();
    let built = Schema::builder().parse(preamble, "supergraph").add_ast(&document).build();
    let invalid = match built {
        Ok(schema) => {
            check_implementations(&schema, errors);
            inaccessible::check(&schema, errors);
            schema.validate().err()
        }
        Err(invalid) => Some(invalid),
    };
    if let Some(invalid) = invalid
        && errors.is_empty()
    {
        errors.extend(invalid.errors.iter().map(|diagnostic| CompositionError {
            code: "INVALID_GRAPHQL",
            subgraphs: Vec::new(),
            coordinate: None,
            message: format!("the composed schema is invalid: {}", diagnostic.error),
        }));
    }
}

/// Every type that implements an interface in any subgraph has its merged
/// fields.
fn check_implementations(schema: &Schema, errors: &mut Vec<CompositionError>) {
    for (name, definition) in &schema.types {
        let ExtendedType::Object(object) = definition else {
            continue;
        };
        for interface in &object.implements_interfaces {
            let Some(interface) = schema.get_interface(interface) else {
                continue;
            };
            for field in interface.fields.keys() {
                if !object.fields.contains_key(field) {
                    errors.push(CompositionError {
                        code: "INTERFACE_FIELD_NO_IMPLEM",
                        subgraphs: Vec::new(),
                        coordinate: Some(format!("{name}.{field}")),
                        message: format!(
                            "{}.{field} is a field of the interface in some subgraph, \
                             but no subgraph resolves it on {name}",
                            interface.name
                        ),
                    });
                }
            }
        }
    }
}
