//! What of an operation decides who can share it: the cursor that it resumes
//! behind, and whether its fields depend on who asks.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use apollo_compiler::{
    Node,
    ast::{self, Definition, DirectiveList, Document, FieldDefinition},
};
use async_graphql::{Name, Value, Variables};

use crate::{
    Prepared, Transport,
    document::shape::{Field, Selection},
    planner::Step,
};

/// The argument of a field that follows the event log: the cursor to resume
/// behind.
const AFTER: &str = "after";
/// Tags a field or a type that depends on who asks.
const VIEWER: &str = "viewer";
/// Tags one that depends on the session, too.
const SESSION: &str = "session";

/// How the subscribers of an operation can share it.
#[derive(Debug, Clone)]
pub(crate) struct Sharing {
    pub(super) after: After,
    /// A field depends on who asks.
    pub(super) is_personal: bool,
    /// A field depends on the session.
    pub(super) asks_session: bool,
    /// A subgraph in another process is asked.
    pub(super) is_remote: bool,
}

/// Where the document has the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum After {
    /// Nowhere.
    Absent,
    Literal,
    /// In a variable; `needed` when the document wants it to have a value.
    Variable {
        name: Name,
        needed: bool,
    },
}

impl Sharing {
    #[cfg(test)]
    pub(super) const PUBLIC: Self =
        Self { after: After::Absent, is_personal: false, asks_session: false, is_remote: false };

    /// How an operation can be shared; `None` for one that follows something
    /// else than the event log.
    pub(crate) fn of(
        prepared: &Prepared,
        personal: &Personal,
        transports: &HashMap<String, Arc<dyn Transport>>,
    ) -> Option<Self> {
        prepared.subscription()?;
        let mut fields = prepared.root_fields();
        let (Some(root), None) = (fields.next(), fields.next()) else { return None };
        let resumes = personal.resumable.contains(root.name.as_str());
        if !resumes || !root.when.is_empty() {
            return None;
        }
        let given = root.arguments.iter().find(|(name, _)| name == AFTER).map(|(_, value)| value);
        let after = match given {
            None | Some(ast::Value::Null) => After::Absent,
            Some(ast::Value::Variable(variable)) => {
                let name = Name::new(variable.as_str());
                // A cursor that has another use is no matter of the start alone.
                if uses_in(&prepared.shape, &name) > 1 {
                    return None;
                }
                let needed = prepared.needs(&name);
                After::Variable { name, needed }
            }
            Some(_) => After::Literal,
        };
        let fetches = prepared.plan.root.as_ref().map(Step::fetches).unwrap_or_default();
        let is_local = |subgraph: &str| transports.get(subgraph).is_some_and(|it| it.is_local());
        Some(Self {
            after,
            is_personal: asks(&prepared.shape, &personal.viewer),
            asks_session: asks(&prepared.shape, &personal.session),
            is_remote: !fetches.iter().all(|fetch| is_local(&fetch.subgraph)),
        })
    }

    /// Whether the client resumes behind a cursor.
    pub(super) fn resumes(&self, variables: &Variables) -> bool {
        match &self.after {
            After::Absent => false,
            After::Literal => true,
            After::Variable { name, .. } => !matches!(variables.get(name), None | Some(Value::Null)),
        }
    }

    /// The variables that all subscribers of one stream have in common.
    pub(super) fn common(&self, variables: &Variables) -> Variables {
        let mut common = variables.clone();
        if let After::Variable { name, needed } = &self.after {
            common.remove(name);
            if *needed {
                // A live stream does not read it.
                common.insert(name.clone(), Value::String(String::new()));
            }
        }
        common
    }
}

/// How often an operation has a variable as, or in, an argument or a condition.
fn uses_in(selection: &Selection, variable: &Name) -> usize {
    let variants = selection.variants.iter().chain(selection.open.as_deref());
    // Variants of an abstract type repeat one place of the document.
    variants
        .map(|variant| variant.fields.iter().map(|field| uses_at(field, variable)).sum())
        .max()
        .unwrap_or(0)
}

fn uses_at(field: &Field, variable: &Name) -> usize {
    let here = field.arguments.iter().filter(|(_, value)| mentions(value, variable)).count();
    let conditions = field.when.iter().flatten().filter(|it| it.variable == *variable).count();
    let below = field.selection.as_ref().map_or(0, |selection| uses_in(selection, variable));
    here + conditions + below
}

fn mentions(value: &ast::Value, variable: &Name) -> bool {
    match value {
        ast::Value::Variable(name) => name.as_str() == variable.as_str(),
        ast::Value::List(items) => items.iter().any(|item| mentions(item, variable)),
        ast::Value::Object(fields) => fields.iter().any(|(_, value)| mentions(value, variable)),
        _ => false,
    }
}

/// What a supergraph says of its fields: which depend on who asks, and which
/// follow the event log.
#[derive(Debug, Default)]
pub(crate) struct Personal {
    viewer: Fields,
    session: Fields,
    /// Fields of the subscription type that can resume.
    resumable: HashSet<String>,
}

/// Fields, and types all of whose fields are meant.
#[derive(Debug, Default)]
struct Fields {
    types: HashSet<String>,
    fields: HashSet<(String, String)>,
}

impl Personal {
    /// Reads a supergraph: `@authenticated`, `@requiresScopes`, `@policy`, and
    /// the tags `viewer` and `session`, on fields and on types.
    pub(crate) fn of(supergraph: &str) -> Self {
        let Ok(document) = Document::parse(supergraph, "supergraph.graphql") else {
            return Self::default();
        };
        let mut resumable = HashSet::new();
        let root = subscription_type(&document);
        for (_, fields) in types(&document).filter(|(name, _)| *name == root) {
            let found = fields.iter().filter(|field| field.arguments.iter().any(|it| it.name == AFTER));
            resumable.extend(found.map(|field| field.name.to_string()));
        }
        Self {
            viewer: Fields::of(&document, |it| {
                is_guarded(it) || is_tagged(it, VIEWER) || is_tagged(it, SESSION)
            }),
            session: Fields::of(&document, |it| is_tagged(it, SESSION)),
            resumable,
        }
    }
}

impl Fields {
    fn of(document: &Document, is_meant: impl Fn(&DirectiveList) -> bool) -> Self {
        let meant = document.definitions.iter().filter(|definition| {
            !matches!(definition, Definition::DirectiveDefinition(_))
                && is_meant(definition.directives())
        });
        let types: HashSet<String> =
            meant.filter_map(|definition| Some(definition.name()?.to_string())).collect();
        let mut fields = HashSet::new();
        for (name, own) in self::types(document) {
            for field in own {
                if is_meant(&field.directives) || types.contains(field.ty.inner_named_type().as_str()) {
                    fields.insert((name.to_owned(), field.name.to_string()));
                }
            }
        }
        Self { types, fields }
    }

    fn contains(&self, ty: &str, field: &str) -> bool {
        self.types.contains(ty) || self.fields.contains(&(ty.to_owned(), field.to_owned()))
    }
}

type Type<'d> = (&'d str, &'d [Node<FieldDefinition>]);

/// The types that have fields.
fn types(document: &Document) -> impl Iterator<Item = Type<'_>> {
    document.definitions.iter().filter_map(|definition| match definition {
        Definition::ObjectTypeDefinition(it) => Some((it.name.as_str(), it.fields.as_slice())),
        Definition::InterfaceTypeDefinition(it) => Some((it.name.as_str(), it.fields.as_slice())),
        _ => None,
    })
}

fn subscription_type(document: &Document) -> &str {
    let declared = document.definitions.iter().find_map(|definition| match definition {
        Definition::SchemaDefinition(schema) => schema.root_operations.iter().find_map(|operation| {
            let (kind, name) = &**operation;
            (*kind == ast::OperationType::Subscription).then_some(name.as_str())
        }),
        _ => None,
    });
    declared.unwrap_or("Subscription")
}

fn is_guarded(directives: &DirectiveList) -> bool {
    let guards = ["authenticated", "requiresScopes", "policy"];
    directives.iter().any(|directive| guards.contains(&directive.name.as_str()))
}

fn is_tagged(directives: &DirectiveList, tag: &str) -> bool {
    let mut tags = directives.iter().filter(|directive| directive.name == "tag");
    tags.any(|directive| {
        let name = directive.specified_argument_by_name("name");
        name.and_then(|name| name.as_str()) == Some(tag)
    })
}

/// Whether an operation has one of these fields.
fn asks(selection: &Selection, fields: &Fields) -> bool {
    let variants = selection.variants.iter().chain(selection.open.as_deref());
    variants.into_iter().any(|variant| {
        variant.fields.iter().any(|field| {
            fields.contains(&variant.typename, &field.name)
                || field.selection.as_ref().is_some_and(|selection| asks(selection, fields))
        })
    })
}
