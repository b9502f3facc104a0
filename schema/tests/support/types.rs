//! What execution has to know of a schema: fields, their types, possible types.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use apollo_compiler::ast::{
    Definition, Document, FieldDefinition, OperationType, Type, Value as Literal,
};
use async_graphql::{Name, Value};
use indexmap::IndexMap;

use super::json;

/// Read from an SDL, extensions included; nothing is validated.
#[derive(Default)]
pub(crate) struct Types {
    fields: HashMap<String, IndexMap<String, Field>>,
    /// The object types behind each composite type.
    possible: BTreeMap<String, BTreeSet<String>>,
    roots: HashMap<&'static str, String>,
}

/// A field and the defaults of its arguments.
pub(crate) struct Field {
    pub(crate) ty: Type,
    pub(crate) defaults: Vec<(Name, Value)>,
}

impl Types {
    pub(crate) fn of(sdl: &str) -> Self {
        let document = Document::parse(sdl, "types.graphql").expect("the SDL parses");
        let mut types = Self::default();
        for definition in &document.definitions {
            types.add(definition);
        }
        types
    }

    fn add(&mut self, definition: &Definition) {
        match definition {
            Definition::ObjectTypeDefinition(object) => {
                self.object(&object.name, &object.implements_interfaces, &object.fields);
            }
            Definition::ObjectTypeExtension(object) => {
                self.object(&object.name, &object.implements_interfaces, &object.fields);
            }
            Definition::InterfaceTypeDefinition(interface) => {
                self.possible.entry(interface.name.to_string()).or_default();
                self.fields(&interface.name, &interface.fields);
            }
            Definition::InterfaceTypeExtension(interface) => {
                self.fields(&interface.name, &interface.fields);
            }
            Definition::UnionTypeDefinition(union) => {
                let members = union.members.iter().map(ToString::to_string);
                self.possible.entry(union.name.to_string()).or_default().extend(members);
            }
            Definition::UnionTypeExtension(union) => {
                let members = union.members.iter().map(ToString::to_string);
                self.possible.entry(union.name.to_string()).or_default().extend(members);
            }
            Definition::SchemaDefinition(schema) => {
                let roots = schema.root_operations.iter();
                self.roots.extend(roots.map(|root| (root.0.name(), root.1.to_string())));
            }
            _ => {}
        }
    }

    fn object(
        &mut self,
        name: &str,
        interfaces: &[apollo_compiler::Name],
        fields: &[apollo_compiler::Node<FieldDefinition>],
    ) {
        for interface in interfaces.iter().map(AsRef::as_ref).chain([name]) {
            self.possible.entry(interface.to_owned()).or_default().insert(name.to_owned());
        }
        self.fields(name, fields);
    }

    fn fields(&mut self, name: &str, fields: &[apollo_compiler::Node<FieldDefinition>]) {
        let known = self.fields.entry(name.to_owned()).or_default();
        for field in fields {
            let defaults = field.arguments.iter().filter_map(|argument| {
                let default = argument.default_value.as_ref()?;
                Some((Name::new(argument.name.as_str()), literal(default)))
            });
            let field_of_it = Field { ty: field.ty.clone(), defaults: defaults.collect() };
            known.insert(field.name.to_string(), field_of_it);
        }
    }

    /// The root type of `query`, `mutation` or `subscription`.
    pub(crate) fn root(&self, operation: OperationType) -> &str {
        self.roots.get(operation.name()).map_or(
            match operation {
                OperationType::Query => "Query",
                OperationType::Mutation => "Mutation",
                OperationType::Subscription => "Subscription",
            },
            String::as_str,
        )
    }

    pub(crate) fn field(&self, ty: &str, name: &str) -> Option<&Field> {
        self.fields.get(ty)?.get(name)
    }

    /// The names of a type's fields.
    pub(crate) fn fields_of(&self, ty: &str) -> impl Iterator<Item = &str> {
        self.fields.get(ty).into_iter().flat_map(|fields| fields.keys()).map(String::as_str)
    }

    /// The named type of a field.
    pub(crate) fn named(&self, ty: &str, field: &str) -> &str {
        self.field(ty, field).map_or("", |field| field.ty.inner_named_type().as_str())
    }

    /// All object, interface and union types.
    pub(crate) fn composites(&self) -> impl Iterator<Item = &str> {
        self.possible.keys().map(String::as_str)
    }

    /// Whether the type has fields or members.
    pub(crate) fn is_composite(&self, ty: &str) -> bool {
        self.possible.contains_key(ty)
    }

    pub(crate) fn possible(&self, ty: &str) -> impl Iterator<Item = &str> {
        self.possible.get(ty).into_iter().flatten().map(String::as_str)
    }

    pub(crate) fn satisfies(&self, object: &str, condition: &str) -> bool {
        object == condition || self.possible(condition).any(|possible| possible == object)
    }
}

fn literal(value: &Literal) -> Value {
    match value {
        Literal::Enum(name) => Value::String(name.to_string()),
        Literal::List(items) => Value::List(items.iter().map(|item| literal(item)).collect()),
        Literal::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (Name::new(name.as_str()), literal(value))).collect(),
        ),
        leaf => json::parse(&leaf.serialize().no_indent().to_string()).expect("a leaf is JSON"),
    }
}
