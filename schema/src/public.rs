//! The public schema: what clients see of the supergraph. Everything that is
//! about federation is left out, everything `@inaccessible` is hidden.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Node, Schema,
    ast::{self, Definition, Directive, DirectiveList, DirectiveLocation, Document},
    schema::ExtendedType,
    validation::Valid,
};

use crate::EngineError;

/// Directives that stay on elements of the public schema.
const KEPT: [&str; 3] = ["deprecated", "specifiedBy", "oneOf"];
const ONE_OF: &str = "directive @oneOf on INPUT_OBJECT\n";
/// What the libraries' introspection types lack, by the September 2025 draft.
const IS_ONE_OF: &str = "isOneOf";

/// The schema that clients see, and the questions execution asks of it.
pub struct PublicSchema {
    /// For validation and introspection.
    pub schema: Valid<Schema>,
    /// Sorted by name, without built-in definitions.
    pub sdl: String,
    /// Whether an enum value or a type of the supergraph is hidden.
    pub hides_values: bool,
    /// The object types behind each composite type, hidden ones left out.
    possible: HashMap<Name, Vec<Name>>,
}

impl PublicSchema {
    /// Derives the public schema from a supergraph.
    ///
    /// # Errors
    /// When the supergraph is no valid SDL, or nothing is left to query.
    pub fn from_supergraph(supergraph: &str) -> Result<Self, EngineError> {
        let document = Document::parse(supergraph, "supergraph.graphql")
            .map_err(|error| EngineError::Supergraph(error.to_string()))?;
        let hides_values = hides_values(&document);
        let document = Hidden::of(&document).strip(document);
        let sdl = document.to_string();
        let mut schema = Schema::parse_and_validate(format!("{ONE_OF}{sdl}"), "schema.graphql")
            .map_err(|error| EngineError::Supergraph(error.to_string()))?
            .into_inner();
        complete_introspection(&mut schema)?;
        let schema = Valid::assume_valid(schema);
        let possible = possible_types(&schema);
        Ok(Self { schema, sdl, hides_values, possible })
    }

    /// The object types a value of this composite type can have at run time;
    /// empty for leaf types.
    #[must_use]
    pub fn possible_types(&self, name: &str) -> &[Name] {
        self.possible.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether an object of type `object` satisfies the type condition.
    #[must_use]
    pub fn satisfies(&self, object: &str, condition: &str) -> bool {
        object == condition || self.possible_types(condition).iter().any(|name| name == object)
    }
}

/// `__Type.isOneOf`, which apollo-compiler's introspection types lack.
fn complete_introspection(schema: &mut Schema) -> Result<(), EngineError> {
    let extra = Schema::parse("type Query { isOneOf: Boolean }", "introspection.graphql")
        .map_err(|error| EngineError::Supergraph(error.to_string()))?;
    let field = extra.type_field("Query", IS_ONE_OF).ok().cloned();
    if let (Some(ExtendedType::Object(meta)), Some(field)) = (schema.types.get_mut("__Type"), field) {
        let name = field.name.clone();
        meta.make_mut().fields.entry(name).or_insert(field);
    }
    Ok(())
}

fn possible_types(schema: &Schema) -> HashMap<Name, Vec<Name>> {
    let mut possible: HashMap<Name, Vec<Name>> = HashMap::new();
    for (name, definition) in &schema.types {
        match definition {
            ExtendedType::Object(object) => {
                possible.insert(name.clone(), vec![name.clone()]);
                for interface in &object.implements_interfaces {
                    possible.entry(interface.name.clone()).or_default().push(name.clone());
                }
            }
            ExtendedType::Union(union) => {
                let members = union.members.iter().map(|member| member.name.clone());
                possible.entry(name.clone()).or_default().extend(members);
            }
            _ => {}
        }
    }
    possible
}

/// What of a supergraph clients must not see.
struct Hidden(HashSet<Name>);

impl Hidden {
    fn of(document: &Document) -> Self {
        let hidden = document.definitions.iter().filter_map(|definition| {
            let name = definition.name()?;
            let is_hidden = is_machinery(name) || has_inaccessible(definition.directives());
            (is_hidden && !matches!(definition, Definition::DirectiveDefinition(_)))
                .then(|| name.clone())
        });
        Self(hidden.collect())
    }

    fn strip(&self, document: Document) -> Document {
        let mut kept: Vec<Definition> = document
            .definitions
            .into_iter()
            .filter_map(|definition| self.definition(definition))
            .collect();
        kept.sort_by_cached_key(rank);
        let mut stripped = Document::new();
        stripped.definitions = kept;
        stripped
    }

    fn definition(&self, mut definition: Definition) -> Option<Definition> {
        if definition.name().is_some_and(|name| self.0.contains(name)) {
            return None;
        }
        match &mut definition {
            Definition::DirectiveDefinition(directive) => {
                let is_executable = directive.locations.iter().any(|place| is_executable(*place));
                let is_ours = !is_machinery(&directive.name) && directive.name != "oneOf";
                return (is_executable && is_ours).then_some(definition);
            }
            Definition::SchemaDefinition(schema) => clean(&mut schema.make_mut().directives),
            Definition::ScalarTypeDefinition(scalar) => clean(&mut scalar.make_mut().directives),
            Definition::ObjectTypeDefinition(object) => {
                let object = object.make_mut();
                clean(&mut object.directives);
                object.implements_interfaces.retain(|name| !self.0.contains(name));
                self.fields(&mut object.fields);
            }
            Definition::InterfaceTypeDefinition(interface) => {
                let interface = interface.make_mut();
                clean(&mut interface.directives);
                interface.implements_interfaces.retain(|name| !self.0.contains(name));
                self.fields(&mut interface.fields);
            }
            Definition::UnionTypeDefinition(union) => {
                let union = union.make_mut();
                clean(&mut union.directives);
                union.members.retain(|name| !self.0.contains(name));
            }
            Definition::EnumTypeDefinition(definition) => {
                let definition = definition.make_mut();
                clean(&mut definition.directives);
                definition.values.retain(|value| !has_inaccessible(&value.directives));
                for value in &mut definition.values {
                    clean(&mut value.make_mut().directives);
                }
            }
            Definition::InputObjectTypeDefinition(input) => {
                let input = input.make_mut();
                clean(&mut input.directives);
                self.inputs(&mut input.fields);
            }
            _ => return None,
        }
        Some(definition)
    }

    fn fields(&self, fields: &mut Vec<Node<ast::FieldDefinition>>) {
        fields.retain(|field| !self.hides(field.ty.inner_named_type(), &field.directives));
        for field in fields {
            let field = field.make_mut();
            clean(&mut field.directives);
            self.inputs(&mut field.arguments);
        }
    }

    fn inputs(&self, inputs: &mut Vec<Node<ast::InputValueDefinition>>) {
        inputs.retain(|input| !self.hides(input.ty.inner_named_type(), &input.directives));
        for input in inputs {
            clean(&mut input.make_mut().directives);
        }
    }

    fn hides(&self, ty: &Name, directives: &DirectiveList) -> bool {
        self.0.contains(ty) || has_inaccessible(directives)
    }
}

const fn is_executable(place: DirectiveLocation) -> bool {
    use DirectiveLocation as Place;

    matches!(
        place,
        Place::Query
            | Place::Mutation
            | Place::Subscription
            | Place::Field
            | Place::FragmentDefinition
            | Place::FragmentSpread
            | Place::InlineFragment
            | Place::VariableDefinition
    )
}

fn hides_values(document: &Document) -> bool {
    document.definitions.iter().any(|definition| {
        let hides_one = match definition {
            Definition::EnumTypeDefinition(definition) => {
                definition.values.iter().any(|value| has_inaccessible(&value.directives))
            }
            _ => false,
        };
        let is_type = !matches!(definition, Definition::DirectiveDefinition(_));
        hides_one || (is_type && has_inaccessible(definition.directives()))
    })
}

/// Names of the federation machinery itself.
fn is_machinery(name: &str) -> bool {
    let namespaces = ["join__", "link__", "core__", "federation__", "policy__", "requiresScopes__"];
    let directives = [
        "link",
        "core",
        "tag",
        "inaccessible",
        "authenticated",
        "requiresScopes",
        "policy",
        "cost",
        "listSize",
        "composeDirective",
    ];
    namespaces.iter().any(|prefix| name.starts_with(prefix)) || directives.contains(&name)
}

fn has_inaccessible(directives: &DirectiveList) -> bool {
    directives.iter().any(|directive| directive.name == "inaccessible")
}

fn clean(directives: &mut DirectiveList) {
    directives.0.retain(|directive: &Node<Directive>| KEPT.contains(&directive.name.as_str()));
}

/// The schema definition, then the root types, then everything by name.
fn rank(definition: &Definition) -> (u8, String) {
    let name = definition.name().map(ToString::to_string).unwrap_or_default();
    let group = match (definition, name.as_str()) {
        (Definition::SchemaDefinition(_), _) => 0,
        (Definition::DirectiveDefinition(_), _) => 1,
        (_, "Query") => 2,
        (_, "Mutation") => 3,
        (_, "Subscription") => 4,
        _ => 5,
    };
    (group, name)
}
