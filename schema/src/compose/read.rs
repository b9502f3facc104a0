//! From a subgraph's SDL to the composer's model of it.

use std::collections::HashMap;

use apollo_compiler::{
    Name, Node,
    ast::{
        Definition, Directive, DirectiveDefinition, DirectiveList, Document, FieldDefinition,
        InputValueDefinition, Type, Value,
    },
};
use indexmap::IndexMap;

use super::{
    SubgraphSdl,
    declaration::{Declaration, declaration},
    error::CompositionError,
    field_set::FieldSet,
    link::Links,
    subgraph::{
        Decoration, Key, Override, Subgraph, SubgraphField, SubgraphInput, SubgraphType, TypeKind,
    },
    validate,
};

const BUILT_IN_SCALARS: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

/// Directives of GraphQL itself that go into the supergraph.
const STANDARD_DIRECTIVES: [&str; 3] = ["deprecated", "specifiedBy", "oneOf"];

/// Directives of the specification that go into the supergraph as they are.
const CARRIED_DIRECTIVES: [&str; 7] =
    ["inaccessible", "tag", "authenticated", "requiresScopes", "policy", "cost", "listSize"];

/// Reads and validates one subgraph. Without errors the model obeys the rules
/// of GraphQL; those of federation are checked later.
pub(super) fn read(
    sdl: &SubgraphSdl,
    graph: Name,
    errors: &mut Vec<CompositionError>,
) -> Option<Subgraph> {
    let document = validate::parse(sdl, errors)?;
    let (links, mistakes) = Links::read(&document);
    let is_linked = mistakes.is_empty();
    for (code, message) in mistakes {
        errors.push(CompositionError::of_subgraph(code, &sdl.name, message));
    }
    // Without its links every imported directive would look unknown.
    if !is_linked || !validate::check(sdl, &document, &links, errors) {
        return None;
    }
    let mut reader = Reader {
        subgraph: &sdl.name,
        new_names: root_type_names(&document),
        links: &links,
        composed_directives: composed_directives(sdl, &document, &links, errors),
        types: IndexMap::new(),
        errors,
    };
    reader.read_types(&document);
    let (types, composed) = (reader.types, reader.composed_directives);
    let composed_directives = composed
        .into_iter()
        .filter_map(|name| Some((name.clone(), links.link_of_directive(&name)?.clone())))
        .collect();
    Some(Subgraph {
        name: sdl.name.clone(),
        url: sdl.url.clone(),
        graph,
        types: with_query(types),
        directive_definitions: directive_definitions(&document),
        composed_directives,
        shadowed_root_names: validate::shadowed_root_names(&document),
        links,
    })
}

/// Every subgraph answers `_entities` on its query type, even when its SDL
/// names none.
fn with_query(mut types: IndexMap<Name, SubgraphType>) -> IndexMap<Name, SubgraphType> {
    types.entry(Name::new_unchecked("Query")).or_insert_with(|| empty_type(TypeKind::Object));
    types
}

/// Custom root type names, and the names they have in the supergraph.
fn root_type_names(document: &Document) -> HashMap<Name, Name> {
    validate::root_operations(document)
        .into_iter()
        .map(|(operation, name)| (name, validate::usual_name(operation)))
        .collect()
}

fn directive_definitions(document: &Document) -> IndexMap<Name, Node<DirectiveDefinition>> {
    document
        .definitions
        .iter()
        .filter_map(Definition::as_directive_definition)
        .map(|definition| (definition.name.clone(), definition.clone()))
        .collect()
}

/// See <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#composedirective>.
fn composed_directives(
    sdl: &SubgraphSdl,
    document: &Document,
    links: &Links,
    errors: &mut Vec<CompositionError>,
) -> Vec<Name> {
    let schema_directives = document
        .definitions
        .iter()
        .filter(|definition| {
            matches!(definition, Definition::SchemaDefinition(_) | Definition::SchemaExtension(_))
        })
        .flat_map(|definition| definition.directives().iter());
    let mut names = Vec::new();
    for directive in schema_directives {
        if links.specified_name(&directive.name) != Some("composeDirective") {
            continue;
        }
        let argument = text_argument(directive, "name").unwrap_or_default();
        let mut refuse = |reason: &str| {
            let message = format!("@composeDirective(name: \"{argument}\"): {reason}");
            let code = "DIRECTIVE_COMPOSITION_ERROR";
            errors.push(CompositionError::of_subgraph(code, &sdl.name, message));
        };
        let Some(name) = argument.strip_prefix('@') else {
            refuse("the name has to start with @");
            continue;
        };
        let is_defined = document
            .definitions
            .iter()
            .filter_map(Definition::as_directive_definition)
            .any(|definition| definition.name == name);
        if links.specified_name(name).is_some() {
            refuse("a directive of federation is composed by its own rules");
        } else if !is_defined {
            refuse("the subgraph does not define the directive");
        } else if links.link_of_directive(name).is_none() {
            refuse("no @link of the subgraph imports the directive");
        } else {
            names.push(Name::new_unchecked(name));
        }
    }
    names
}

/// How a field set that cannot be read is called.
struct FieldSetCodes {
    invalid: &'static str,
    invalid_type: &'static str,
}

const KEY_CODES: FieldSetCodes =
    FieldSetCodes { invalid: "KEY_INVALID_FIELDS", invalid_type: "KEY_INVALID_FIELDS_TYPE" };

const REQUIRES_CODES: FieldSetCodes =
    FieldSetCodes { invalid: "REQUIRES_INVALID_FIELDS", invalid_type: "REQUIRES_INVALID_FIELDS_TYPE" };

const PROVIDES_CODES: FieldSetCodes =
    FieldSetCodes { invalid: "PROVIDES_INVALID_FIELDS", invalid_type: "PROVIDES_INVALID_FIELDS_TYPE" };

struct Reader<'a> {
    subgraph: &'a str,
    new_names: HashMap<Name, Name>,
    links: &'a Links,
    composed_directives: Vec<Name>,
    types: IndexMap<Name, SubgraphType>,
    errors: &'a mut Vec<CompositionError>,
}

impl Reader<'_> {
    fn read_types(&mut self, document: &Document) {
        let is_internal =
            |name: &str| self.links.is_internal_type(name) || BUILT_IN_SCALARS.contains(&name);
        let declarations: Vec<_> = document
            .definitions
            .iter()
            .filter_map(declaration)
            .filter(|declaration| !is_internal(declaration.name))
            .collect();
        for declaration in declarations {
            self.read_declaration(&declaration);
        }
    }

    fn read_declaration(&mut self, declaration: &Declaration) {
        let name = self.new_name(declaration.name);
        let is_marked = |directive| self.has(declaration.directives, directive);
        let is_extension = declaration.is_extension || is_marked("extends");
        let is_external = self.links.is_federation_two() && is_marked("external");
        let is_shareable = is_marked("shareable");
        let is_interface_object = is_marked("interfaceObject");
        let decoration = self.decoration(declaration.description, declaration.directives);
        let keys = self.keys(&name, declaration.directives, is_extension);
        let fields: Vec<_> = declaration
            .fields
            .iter()
            .filter(|field| field.name != "_entities" && field.name != "_service")
            .map(|field| {
                let mut read = self.field(&name, field);
                read.is_shareable |= is_shareable;
                (field.name.clone(), read)
            })
            .collect();
        let inputs = self.inputs(declaration.input_fields);
        let values: Vec<_> = declaration
            .values
            .iter()
            .map(|value| {
                let decoration = self.decoration(value.description.as_ref(), &value.directives);
                (value.value.clone(), decoration)
            })
            .collect();
        let implements: Vec<_> = declaration.implements.iter().map(|it| self.new_name(it)).collect();
        let members: Vec<_> = declaration.members.iter().map(|it| self.new_name(it)).collect();

        let definition = self.types.entry(name).or_insert_with(|| empty_type(declaration.kind));
        definition.is_extension &= is_extension;
        definition.is_external |= is_external;
        definition.is_interface_object |= is_interface_object;
        definition.keys.extend(keys);
        definition.fields.extend(fields);
        definition.input_fields.extend(inputs);
        definition.values.extend(values);
        definition.implements.extend(implements);
        definition.members.extend(members);
        let own = &mut definition.decoration;
        own.description = own.description.take().or(decoration.description);
        own.directives.extend(decoration.directives);
    }

    fn keys(&mut self, name: &Name, directives: &DirectiveList, is_on_extension: bool) -> Vec<Key> {
        let mut keys = Vec::new();
        for directive in self.all(directives, "key") {
            if let Some(fields) = self.field_set(directive, &KEY_CODES, name) {
                keys.push(Key {
                    fields,
                    is_resolvable: flag_argument(directive, "resolvable").unwrap_or(true),
                    is_on_extension,
                });
            }
        }
        keys
    }

    fn field(&mut self, parent: &Name, field: &FieldDefinition) -> SubgraphField {
        let coordinate = format!("{parent}.{}", field.name);
        let mut field_set = |name, codes| {
            let directive = self.all(&field.directives, name).into_iter().next()?;
            self.field_set(directive, codes, &coordinate)
        };
        let requires = field_set("requires", &REQUIRES_CODES);
        let provides = field_set("provides", &PROVIDES_CODES);
        let overrides = self.all(&field.directives, "override").into_iter().find_map(|directive| {
            Some(Override {
                from: text_argument(directive, "from")?.to_owned(),
                label: text_argument(directive, "label").map(str::to_owned),
            })
        });
        self.refuse_context(&coordinate, field);
        SubgraphField {
            ty: self.ty(&field.ty),
            arguments: self.inputs(&field.arguments).into_iter().collect(),
            is_external: self.has(&field.directives, "external"),
            is_shareable: self.has(&field.directives, "shareable"),
            requires,
            provides,
            overrides,
            decoration: self.decoration(field.description.as_ref(), &field.directives),
        }
    }

    /// Filling an argument from `@context` is not supported. Leaving the
    /// directive out would ask clients for the argument instead.
    fn refuse_context(&mut self, coordinate: &str, field: &FieldDefinition) {
        for argument in &field.arguments {
            if self.has(&argument.directives, "fromContext") {
                self.errors.push(CompositionError::at(
                    "UNSUPPORTED_FEATURE",
                    self.subgraph,
                    format!("{coordinate}({}:)", argument.name),
                    "@fromContext is not supported",
                ));
            }
        }
    }

    fn inputs(&self, inputs: &[Node<InputValueDefinition>]) -> Vec<(Name, SubgraphInput)> {
        let read = |input: &Node<InputValueDefinition>| {
            let read = SubgraphInput {
                ty: self.ty(&input.ty),
                default_value: input.default_value.clone(),
                decoration: self.decoration(input.description.as_ref(), &input.directives),
            };
            (input.name.clone(), read)
        };
        inputs.iter().map(read).collect()
    }

    /// Federation 1 servers also publish the fields as a list of texts.
    fn field_set(
        &mut self,
        directive: &Directive,
        codes: &FieldSetCodes,
        coordinate: &str,
    ) -> Option<FieldSet> {
        let value = directive.specified_argument_by_name("fields")?;
        let text = match (&**value, self.links.is_federation_two()) {
            (Value::String(text), _) => Some(text.clone()),
            (Value::Enum(name), false) => Some(name.to_string()),
            (Value::List(items), false) => {
                let texts: Vec<_> = items.iter().filter_map(|item| item.as_str()).collect();
                Some(texts.join(" "))
            }
            _ => None,
        };
        let parsed = match text {
            Some(text) => FieldSet::parse(&text).map_err(|message| (codes.invalid, message)),
            None => Err((codes.invalid_type, "the argument fields has to be a string".to_owned())),
        };
        parsed
            .map_err(|(code, message)| {
                self.errors.push(CompositionError::at(code, self.subgraph, coordinate, message));
            })
            .ok()
    }

    fn decoration(&self, description: Option<&Node<str>>, directives: &DirectiveList) -> Decoration {
        let carried = |directive: &Node<Directive>| {
            let name = match self.links.specified_name(&directive.name) {
                Some(name) if CARRIED_DIRECTIVES.contains(&name) => Name::new_unchecked(name),
                Some(_) => return None,
                None if STANDARD_DIRECTIVES.contains(&directive.name.as_str())
                    || self.composed_directives.contains(&directive.name) =>
                {
                    directive.name.clone()
                }
                None => return None,
            };
            let arguments = directive.arguments.clone();
            Some(Node::new(Directive { name, arguments }))
        };
        Decoration {
            description: description.filter(|text| !text.trim().is_empty()).cloned(),
            directives: directives.iter().filter_map(carried).collect(),
        }
    }

    /// The applications of a directive of federation, whatever its local name.
    fn all<'d>(&self, directives: &'d DirectiveList, name: &str) -> Vec<&'d Directive> {
        directives
            .iter()
            .filter(|directive| self.links.specified_name(&directive.name) == Some(name))
            .map(|directive| &**directive)
            .collect()
    }

    fn has(&self, directives: &DirectiveList, name: &str) -> bool {
        !self.all(directives, name).is_empty()
    }

    fn new_name(&self, name: &Name) -> Name {
        let name = self.new_names.get(name).unwrap_or(name);
        Name::new_unchecked(name)
    }

    fn ty(&self, ty: &Type) -> Type {
        match ty {
            Type::Named(name) => Type::Named(self.new_name(name)),
            Type::NonNullNamed(name) => Type::NonNullNamed(self.new_name(name)),
            Type::List(item) => Type::List(Box::new(self.ty(item))),
            Type::NonNullList(item) => Type::NonNullList(Box::new(self.ty(item))),
        }
    }
}

fn empty_type(kind: TypeKind) -> SubgraphType {
    SubgraphType {
        kind,
        is_extension: true,
        is_interface_object: false,
        is_external: false,
        keys: Vec::new(),
        implements: Default::default(),
        fields: IndexMap::new(),
        members: Default::default(),
        values: IndexMap::new(),
        input_fields: IndexMap::new(),
        decoration: Decoration::default(),
    }
}

fn text_argument<'a>(directive: &'a Directive, name: &str) -> Option<&'a str> {
    directive.specified_argument_by_name(name)?.as_str()
}

fn flag_argument(directive: &Directive, name: &str) -> Option<bool> {
    directive.specified_argument_by_name(name)?.to_bool()
}
