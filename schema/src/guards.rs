//! Who may see which field, by `@authenticated` and `@requiresScopes` of the
//! supergraph: decided before a plan runs, so that what a viewer may not see is
//! never asked of a subgraph. Modules check again; a subgraph of somebody else
//! may not.

use std::collections::{BTreeMap, HashMap};

use apollo_compiler::ast::{
    Definition, Directive, DirectiveList, Document, FieldDefinition, InterfaceTypeDefinition,
    ObjectTypeDefinition, Selection as Selected,
};
use async_graphql::{PathSegment, Pos, ServerError, Variables};
use kit::Viewer;

use crate::{
    compose::field_selections,
    document::shape::{Selection, Variant},
    error,
    execute::is_included,
};

/// The guards of a supergraph. Each stands once in a list and goes by its index.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    list: Vec<Guard>,
    /// By object type: who may see an object of it at all.
    objects: HashMap<String, Vec<usize>>,
    /// By type and field: of the field, of its type, and of the fields that it is
    /// made of.
    fields: HashMap<String, HashMap<String, Vec<usize>>>,
}

/// What a viewer must fulfil.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Guard {
    SignedIn,
    /// All permissions of one of these.
    Scopes(Vec<Vec<String>>),
}

/// What a viewer may not see of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    is_guest: bool,
    /// The guards that refuse, in order.
    guards: Vec<usize>,
}

/// Why a field or an object is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    code: &'static str,
    message: String,
    /// What somebody who is signed in lacks.
    permission: Option<String>,
}

/// Guards and what they refuse to one viewer.
#[derive(Clone, Copy)]
pub(crate) struct Refusing<'g> {
    guards: &'g Guards,
    refused: &'g Refused,
}

impl Guards {
    /// Reads a supergraph.
    pub(crate) fn of(supergraph: &str) -> Self {
        match Document::parse(supergraph, "supergraph.graphql") {
            Ok(document) => Reader::of(&document).read(),
            // What does not parse is refused elsewhere.
            Err(_) => Self::default(),
        }
    }

    /// The guards of all fields of an operation.
    pub(crate) fn touched(&self, shape: &Selection) -> Vec<usize> {
        let mut touched = Vec::new();
        if !self.list.is_empty() {
            self.touch(shape, &mut touched);
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    fn touch(&self, shape: &Selection, touched: &mut Vec<usize>) {
        for variant in shape.variants.iter().chain(shape.open.as_deref()) {
            touched.extend(self.of_object(&variant.typename));
            for field in &variant.fields {
                touched.extend(self.of_field(&variant.typename, &field.name));
                if let Some(below) = &field.selection {
                    self.touch(below, touched);
                }
            }
        }
    }

    /// What a viewer may not see behind these guards; `None` when nothing.
    pub(crate) fn refused(&self, touched: &[usize], viewer: &Viewer) -> Option<Refused> {
        let refuses = |guard: &&usize| !self.list[**guard].lets(viewer);
        let guards: Vec<usize> = touched.iter().filter(refuses).copied().collect();
        (!guards.is_empty()).then(|| Refused { is_guest: viewer.account.is_none(), guards })
    }

    pub(crate) const fn refusing<'g>(&'g self, refused: &'g Refused) -> Refusing<'g> {
        Refusing { guards: self, refused }
    }

    /// Whether only some may see this field.
    pub(crate) fn has(&self, ty: &str, field: &str) -> bool {
        !self.of_field(ty, field).is_empty()
    }

    fn of_object(&self, ty: &str) -> &[usize] {
        self.objects.get(ty).map_or(&[], Vec::as_slice)
    }

    fn of_field(&self, ty: &str, field: &str) -> &[usize] {
        let fields = self.fields.get(ty);
        fields.and_then(|fields| fields.get(field)).map_or(&[], Vec::as_slice)
    }
}

impl Guard {
    fn lets(&self, viewer: &Viewer) -> bool {
        match self {
            Self::SignedIn => viewer.account.is_some(),
            Self::Scopes(any) => any.iter().any(|all| all.iter().all(|scope| viewer.may(scope))),
        }
    }

    fn permission(&self) -> Option<String> {
        let Self::Scopes(any) = self else { return None };
        let all: Vec<String> = any.iter().map(|all| all.join(" and ")).collect();
        Some(all.join(", or "))
    }
}

impl Refusing<'_> {
    /// Why no object of this type may be seen.
    pub(crate) fn object(&self, ty: &str) -> Option<Refusal> {
        self.why(self.guards.of_object(ty))
    }

    /// Why a field of this type may not be seen.
    pub(crate) fn field(&self, ty: &str, field: &str) -> Option<Refusal> {
        self.why(self.guards.of_field(ty, field))
    }

    /// Whether a field is not asked of objects of this type.
    pub(crate) fn keeps_out(&self, ty: &str, field: &str) -> bool {
        let refuses = |guards: &[usize]| guards.iter().any(|it| self.refused.guards.contains(it));
        refuses(self.guards.of_object(ty)) || refuses(self.guards.of_field(ty, field))
    }

    fn why(&self, guards: &[usize]) -> Option<Refusal> {
        let first = guards.iter().find(|guard| self.refused.guards.contains(guard))?;
        let permission = self.guards.list[*first].permission().filter(|_| !self.refused.is_guest);
        Some(match &permission {
            None => {
                let message = "sign in first".to_owned();
                Refusal { code: error::UNAUTHENTICATED, message, permission }
            }
            Some(needed) => {
                let message = format!("needs the permission {needed}");
                Refusal { code: error::FORBIDDEN, message, permission }
            }
        })
    }

    /// Marks what is refused in the shape of an answer.
    pub(crate) fn mark(&self, shape: &mut Selection) {
        for variant in &mut shape.variants {
            self.mark_variant(variant);
        }
        if let Some(open) = &mut shape.open {
            self.mark_variant(open);
            // An object of unknown type may be of any.
            for field in &mut open.fields {
                let mut same = shape.variants.iter().flat_map(|variant| &variant.fields);
                let refusal = same.find_map(|it| it.refused.clone().filter(|_| it.key == field.key));
                field.refused = field.refused.take().or(refusal);
            }
            open.refused = shape.variants.iter().find_map(|variant| variant.refused.clone());
        }
    }

    fn mark_variant(&self, variant: &mut Variant) {
        variant.refused = self.object(&variant.typename);
        for field in &mut variant.fields {
            field.refused = self.field(&variant.typename, &field.name);
            if let Some(below) = &mut field.selection {
                self.mark(std::sync::Arc::make_mut(below));
            }
        }
    }
}

/// The fields and objects that an operation with these variables asks for and
/// that somebody who is signed in may not see, with the permission they lack.
pub(crate) fn refused_in<'s>(
    shape: &'s Selection,
    variables: &Variables,
    found: &mut BTreeMap<&'s str, &'s str>,
) {
    let mut add = |name: &'s str, refused: &'s Option<Refusal>| {
        let permission = refused.as_ref().and_then(|refusal| refusal.permission.as_deref());
        if let Some(permission) = permission {
            found.insert(name, permission);
        }
    };
    let variants = || shape.variants.iter().chain(shape.open.as_deref());
    for variant in variants() {
        add(&variant.typename, &variant.refused);
        for field in variant.fields.iter().filter(|field| is_included(field, variables)) {
            add(&field.name, &field.refused);
        }
    }
    for field in variants().flat_map(|variant| &variant.fields) {
        if let Some(below) = field.selection.as_ref().filter(|_| is_included(field, variables)) {
            refused_in(below, variables, found);
        }
    }
}

impl Refusal {
    /// The error at a place of the answer.
    pub(crate) fn at(&self, path: Vec<PathSegment>, position: Pos) -> ServerError {
        let mut error = error::at(self.code, self.message.clone(), path);
        error.locations.push(position);
        error
    }
}

type Fields<'d> = HashMap<&'d str, &'d FieldDefinition>;

/// Reads the guards of a supergraph.
struct Reader<'d> {
    /// The types that have fields.
    types: HashMap<&'d str, Type<'d>>,
    /// Directives of all types.
    directives: HashMap<&'d str, &'d DirectiveList>,
    roots: Vec<&'d str>,
    guards: Guards,
}

struct Type<'d> {
    fields: Fields<'d>,
    interfaces: Vec<&'d str>,
    is_object: bool,
}

impl<'d> Reader<'d> {
    fn of(document: &'d Document) -> Self {
        let (mut types, mut directives) = (HashMap::new(), HashMap::new());
        let mut roots: Vec<&str> = Vec::new();
        for definition in &document.definitions {
            match definition {
                Definition::ObjectTypeDefinition(object) => {
                    let ObjectTypeDefinition { name, fields, implements_interfaces, .. } = &**object;
                    types.insert(name.as_str(), Type::of(fields, implements_interfaces, true));
                }
                Definition::InterfaceTypeDefinition(interface) => {
                    let InterfaceTypeDefinition { name, fields, implements_interfaces, .. } =
                        &**interface;
                    types.insert(name.as_str(), Type::of(fields, implements_interfaces, false));
                }
                Definition::SchemaDefinition(schema) => {
                    roots.extend(schema.root_operations.iter().map(|root| root.1.as_str()));
                    continue;
                }
                Definition::DirectiveDefinition(_) => continue,
                _ => {}
            }
            if let Some(name) = definition.name() {
                directives.insert(name.as_str(), definition.directives());
            }
        }
        if roots.is_empty() {
            roots.extend(["Query", "Mutation", "Subscription"]);
        }
        Self { types, directives, roots, guards: Guards::default() }
    }

    fn read(mut self) -> Guards {
        let mut objects = HashMap::new();
        let mut fields: HashMap<String, HashMap<String, Vec<usize>>> = HashMap::new();
        let names: Vec<&str> = self.types.keys().copied().collect();
        for ty in names {
            let own = self.of_type(ty);
            let is_root = self.roots.contains(&ty);
            let names: Vec<&str> = self.types[ty].fields.keys().copied().collect();
            for field in names {
                let mut guards = self.of_field(ty, field, 0);
                if is_root {
                    guards.extend(&own);
                }
                guards.sort_unstable();
                guards.dedup();
                if !guards.is_empty() {
                    fields.entry(ty.to_owned()).or_default().insert(field.to_owned(), guards);
                }
            }
            if self.types[ty].is_object && !is_root && !own.is_empty() {
                objects.insert(ty.to_owned(), own);
            }
        }
        Guards { objects, fields, ..self.guards }
    }

    /// The guards of a type and of the interfaces it has.
    fn of_type(&mut self, ty: &str) -> Vec<usize> {
        let interfaces = self.types.get(ty).map(|ty| ty.interfaces.clone()).unwrap_or_default();
        let all = [ty].into_iter().chain(interfaces);
        let lists: Vec<_> = all.filter_map(|name| self.directives.get(name).copied()).collect();
        lists.into_iter().flat_map(|list| self.listed(list)).collect()
    }

    /// The guards of a field, of its type, of the same field of its interfaces, and
    /// of the fields that a subgraph makes it of.
    fn of_field(&mut self, ty: &str, field: &str, depth: usize) -> Vec<usize> {
        let Some(known) = self.types.get(ty) else { return Vec::new() };
        let interfaces = known.interfaces.clone();
        let all = [ty].into_iter().chain(interfaces);
        let definitions: Vec<&FieldDefinition> =
            all.filter_map(|name| self.types.get(name)?.fields.get(field).copied()).collect();
        let mut guards = Vec::new();
        for definition in definitions {
            guards.extend(self.listed(&definition.directives));
            guards.extend(self.of_type(definition.ty.inner_named_type()));
            // Deeper chains are refused when the graph is composed.
            if depth < 8 {
                for required in definition.directives.get_all("join__field").filter_map(requires) {
                    guards.extend(self.of_selections(ty, &field_selections(required), depth + 1));
                }
            }
        }
        guards
    }

    fn of_selections(&mut self, ty: &str, selections: &[Selected], depth: usize) -> Vec<usize> {
        let mut guards = Vec::new();
        for selection in selections {
            match selection {
                Selected::Field(field) => {
                    guards.extend(self.of_field(ty, &field.name, depth));
                    let definition =
                        self.types.get(ty).and_then(|ty| ty.fields.get(field.name.as_str()));
                    if let Some(definition) = definition {
                        let below = definition.ty.inner_named_type();
                        guards.extend(self.of_selections(below, &field.selection_set, depth));
                    }
                }
                Selected::InlineFragment(fragment) => {
                    let ty = fragment.type_condition.as_ref().map_or(ty, |name| name.as_str());
                    guards.extend(self.of_type(ty));
                    guards.extend(self.of_selections(ty, &fragment.selection_set, depth));
                }
                Selected::FragmentSpread(_) => {}
            }
        }
        guards
    }

    /// The guards that directives name. `@policy` is left to who wrote it.
    fn listed(&mut self, directives: &DirectiveList) -> Vec<usize> {
        let guards = directives.iter().filter_map(|directive| match directive.name.as_str() {
            "authenticated" => Some(Guard::SignedIn),
            "requiresScopes" => Some(Guard::Scopes(scopes(directive))),
            _ => None,
        });
        let guards: Vec<Guard> = guards.collect();
        guards.into_iter().map(|guard| self.index(guard)).collect()
    }

    fn index(&mut self, guard: Guard) -> usize {
        let list = &mut self.guards.list;
        list.iter().position(|known| *known == guard).unwrap_or_else(|| {
            list.push(guard);
            list.len() - 1
        })
    }
}

impl<'d> Type<'d> {
    fn of(
        fields: &'d [apollo_compiler::Node<FieldDefinition>],
        interfaces: &'d [apollo_compiler::Name],
        is_object: bool,
    ) -> Self {
        Self {
            fields: fields.iter().map(|field| (field.name.as_str(), &**field)).collect(),
            interfaces: interfaces.iter().map(AsRef::as_ref).collect(),
            is_object,
        }
    }
}

/// `scopes: [["a", "b"], ["c"]]`. What can't be read lets nobody in.
fn scopes(directive: &Directive) -> Vec<Vec<String>> {
    let any = directive.specified_argument_by_name("scopes").and_then(|value| value.as_list());
    let all = any.unwrap_or_default().iter().filter_map(|all| all.as_list());
    all.map(|all| all.iter().map(|it| it.as_str().unwrap_or_default().to_owned()).collect()).collect()
}

fn requires(directive: &apollo_compiler::Node<Directive>) -> Option<&str> {
    directive.specified_argument_by_name("requires")?.as_str()
}
