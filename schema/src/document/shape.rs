//! The shape of an answer: the client's selection with fragments spread and
//! repeated fields merged, one list of fields for every object type a value can
//! have. Built once per document; completing and writing an answer walk it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use apollo_compiler::{
    ExecutableDocument, Name,
    ast::{DirectiveList, Type, Value},
    executable::{self, Operation, Selection as Selected, SelectionSet},
    schema::ExtendedType,
};
use async_graphql::{Name as Key, Pos, ServerError};
use indexmap::IndexMap;

use crate::{PublicSchema, document::position, error, guards::Refusal};

/// Marks the planner's name for a client's alias, see [`Field::planned`].
pub(crate) const SHIELD: &str = "_gw_";
/// The most fields a shape may have over all object types.
const MAX_FIELDS: usize = 50_000;

/// The fields of a value, by the object type it has at run time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Selection {
    /// One entry for each object type that is possible here.
    pub(crate) variants: Vec<Variant>,
    /// Under an abstract type, the fields that need no type condition: for
    /// values whose type the plan did not have to ask for.
    pub(crate) open: Option<Box<Variant>>,
}

/// The fields of a value of one object type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variant {
    pub(crate) typename: Key,
    /// Why the viewer may not see such an object.
    pub(crate) refused: Option<Refusal>,
    pub(crate) fields: Vec<Field>,
}

/// One field of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// The client's name for it.
    pub(crate) key: Key,
    /// The planner's name for it. A client's alias can be the name of a key
    /// field that the plan needs, so every alias is planned under a reserved
    /// name.
    pub(crate) planned: Key,
    /// The field's own name.
    pub(crate) name: Key,
    pub(crate) ty: Ty,
    /// Why the viewer may not see it.
    pub(crate) refused: Option<Refusal>,
    /// Left out unless one of these holds; always there when empty.
    pub(crate) when: Vec<Conditions>,
    /// For composite types.
    pub(crate) selection: Option<Arc<Selection>>,
    /// For enums: the values that clients may see.
    pub(crate) values: Option<Arc<HashSet<String>>>,
    /// Kept for introspection, which reads arguments itself.
    pub(crate) arguments: Vec<(Key, Value)>,
    /// Where the client wrote it first.
    pub(crate) position: Pos,
}

/// Variables that must all be true (`@include`) or false (`@skip`).
pub(crate) type Conditions = Vec<Condition>;

/// One `@include(if: $variable)` or `@skip(if: $variable)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Condition {
    pub(crate) variable: Key,
    pub(crate) wanted: bool,
}

/// A type reference: lists and non-nulls around a named type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ty {
    Named,
    List(Box<Ty>),
    NonNull(Box<Ty>),
}

impl Selection {
    /// The fields for a value of this type; `None` for a type that clients must
    /// not see.
    pub(crate) fn variant(&self, typename: Option<&str>) -> Option<&Variant> {
        let open = self.open.as_deref();
        match typename {
            None => open.or(self.variants.first()),
            Some(name) => self.variants.iter().chain(open).find(|variant| variant.typename == name),
        }
    }
}

impl Selection {
    /// Whether every value's type is certain and nothing but modules' fields
    /// is asked, so that one module may answer in the client's own terms.
    pub(crate) fn is_plain(&self) -> bool {
        let ([variant], None) = (self.variants.as_slice(), &self.open) else { return false };
        variant.fields.iter().all(|field| {
            !field.is_introspection()
                && (field.key != "__typename" || field.name == "__typename")
                && field.selection.as_ref().is_none_or(|selection| selection.is_plain())
        })
    }
}

impl Selection {
    /// How many fields it has over all object types, those below included.
    pub(crate) fn size(&self) -> usize {
        let fields =
            self.variants.iter().chain(self.open.as_deref()).flat_map(|variant| &variant.fields);
        fields.map(|field| 1 + field.selection.as_ref().map_or(0, |selection| selection.size())).sum()
    }
}

impl Field {
    /// Whether the field is `__schema` or `__type`.
    pub(crate) fn is_introspection(&self) -> bool {
        self.name == "__schema" || self.name == "__type"
    }
}

impl Ty {
    pub(crate) fn is_list(&self) -> bool {
        match self {
            Self::Named => false,
            Self::List(_) => true,
            Self::NonNull(inner) => inner.is_list(),
        }
    }
}

impl From<&Type> for Ty {
    fn from(ty: &Type) -> Self {
        match ty {
            Type::Named(_) => Self::Named,
            Type::NonNullNamed(_) => Self::NonNull(Box::new(Self::Named)),
            Type::List(inner) => Self::List(Box::new(inner.as_ref().into())),
            Type::NonNullList(inner) => {
                Self::NonNull(Box::new(Self::List(Box::new(inner.as_ref().into()))))
            }
        }
    }
}

/// The shape of an operation's answer.
pub(crate) fn of(
    public: &PublicSchema,
    document: &ExecutableDocument,
    operation: &Operation,
) -> Result<Selection, Vec<ServerError>> {
    let mut builder = Builder { public, document, enums: HashMap::new(), fields: 0 };
    let root = operation.selection_set.ty.clone();
    builder.selection(&root, &[(&operation.selection_set, Vec::new())])
}

/// Fields under one response key, each with the conditions it stands under.
pub(crate) type Occurrences<'d> = Vec<(&'d executable::Field, Conditions)>;

/// The fields of an object type by response key, fragments spread.
pub(crate) fn collect<'d>(
    public: &PublicSchema,
    document: &'d ExecutableDocument,
    object: &str,
    sets: &[(&'d SelectionSet, Conditions)],
) -> IndexMap<&'d Name, Occurrences<'d>> {
    let mut fields = IndexMap::new();
    for (set, conditions) in sets {
        collect_into(public, document, object, set, conditions, &mut fields);
    }
    fields
}

fn collect_into<'d>(
    public: &PublicSchema,
    document: &'d ExecutableDocument,
    object: &str,
    set: &'d SelectionSet,
    conditions: &[Condition],
    fields: &mut IndexMap<&'d Name, Occurrences<'d>>,
) {
    for selected in &set.selections {
        let Some(conditions) = narrowed(conditions, selected.directives()) else {
            continue;
        };
        let inner = match selected {
            Selected::Field(field) => {
                fields.entry(field.response_key()).or_default().push((field, conditions));
                continue;
            }
            Selected::InlineFragment(fragment) => Some(&fragment.selection_set),
            Selected::FragmentSpread(spread) => {
                document.fragments.get(&spread.fragment_name).map(|fragment| &fragment.selection_set)
            }
        };
        // A fragment without a type condition has its parent's type.
        if let Some(inner) = inner.filter(|inner| public.satisfies(object, &inner.ty)) {
            collect_into(public, document, object, inner, &conditions, fields);
        }
    }
}

/// The conditions here and on a selection; `None` when it can never be there.
fn narrowed(outer: &[Condition], directives: &DirectiveList) -> Option<Conditions> {
    let mut conditions = outer.to_vec();
    for directive in directives.iter() {
        let wanted = match directive.name.as_str() {
            "include" => true,
            "skip" => false,
            _ => continue,
        };
        match directive.specified_argument_by_name("if").map(AsRef::as_ref) {
            Some(Value::Boolean(value)) if *value == wanted => {}
            Some(Value::Boolean(_)) => return None,
            Some(Value::Variable(variable)) => {
                let condition = Condition { variable: Key::new(variable.as_str()), wanted };
                if !conditions.contains(&condition) {
                    conditions.push(condition);
                }
            }
            _ => {}
        }
    }
    Some(conditions)
}

struct Builder<'d> {
    public: &'d PublicSchema,
    document: &'d ExecutableDocument,
    enums: HashMap<Name, Arc<HashSet<String>>>,
    fields: usize,
}

impl<'d> Builder<'d> {
    fn selection(
        &mut self,
        ty: &Name,
        sets: &[(&'d SelectionSet, Conditions)],
    ) -> Result<Selection, Vec<ServerError>> {
        let variants = self.public.possible_types(ty).iter().map(|object| self.variant(object, sets));
        let variants = variants.collect::<Result<_, Vec<ServerError>>>()?;
        let open = match self.public.schema.types.get(ty) {
            Some(ExtendedType::Object(_)) | None => None,
            Some(_) => Some(Box::new(self.variant(ty, sets)?)),
        };
        Ok(Selection { variants, open })
    }

    fn variant(
        &mut self,
        object: &Name,
        sets: &[(&'d SelectionSet, Conditions)],
    ) -> Result<Variant, Vec<ServerError>> {
        let collected = collect(self.public, self.document, object, sets);
        let fields =
            collected.into_iter().map(|(key, occurrences)| self.field(object, key, &occurrences));
        let fields = fields.collect::<Result<_, Vec<ServerError>>>()?;
        Ok(Variant { typename: Key::new(object.as_str()), refused: None, fields })
    }

    fn field(
        &mut self,
        object: &Name,
        key: &'d Name,
        occurrences: &Occurrences<'d>,
    ) -> Result<Field, Vec<ServerError>> {
        self.fields += 1;
        if self.fields > MAX_FIELDS {
            return Err(vec![error::too_much("fields over all object types", MAX_FIELDS)]);
        }
        let (first, _) = occurrences[0];
        // The object's own definition can be stricter than the interface's.
        let own = self.public.schema.type_field(object, &first.name).ok();
        let ty = own.map_or(&first.definition.ty, |own| &own.ty);
        let inner = ty.inner_named_type();
        let is_same = occurrences.iter().all(|(_, when)| *when == occurrences[0].1);
        let selection = if self.public.possible_types(inner).is_empty() {
            None
        } else {
            // When every occurrence is there together, its fields need no conditions of their own.
            let sets: Vec<_> = occurrences
                .iter()
                .map(|(field, when)| {
                    (&field.selection_set, if is_same { Vec::new() } else { when.clone() })
                })
                .collect();
            Some(Arc::new(self.selection(inner, &sets)?))
        };
        let planned = match &first.alias {
            Some(alias) if *alias != first.name => Key::new(format!("{SHIELD}{alias}")),
            _ => Key::new(key.as_str()),
        };
        let when = if occurrences.iter().any(|(_, when)| when.is_empty()) {
            Vec::new()
        } else {
            let mut when: Vec<Conditions> = occurrences.iter().map(|(_, when)| when.clone()).collect();
            when.dedup();
            when
        };
        Ok(Field {
            key: Key::new(key.as_str()),
            planned,
            name: Key::new(first.name.as_str()),
            ty: ty.into(),
            refused: None,
            when,
            selection,
            values: self.values(inner),
            arguments: first
                .arguments
                .iter()
                .map(|argument| (Key::new(argument.name.as_str()), argument.value.as_ref().clone()))
                .collect(),
            position: position(first.name.location(), &self.document.sources).unwrap_or_default(),
        })
    }

    fn values(&mut self, ty: &Name) -> Option<Arc<HashSet<String>>> {
        if let Some(known) = self.enums.get(ty) {
            return Some(known.clone());
        }
        let Some(ExtendedType::Enum(definition)) = self.public.schema.types.get(ty) else {
            return None;
        };
        let values: HashSet<String> = definition.values.keys().map(ToString::to_string).collect();
        let values = Arc::new(values);
        self.enums.insert(ty.clone(), values.clone());
        Some(values)
    }
}
