//! The type of a field, an argument or an input field that several subgraphs
//! declare.

use apollo_compiler::{Name, ast::Type};

use super::Merge;

impl Merge<'_> {
    /// The least specific of the types that a field returns: nullable where
    /// any is, and the interface or union that the others belong to. None when
    /// they have nothing in common.
    pub(super) fn output_type(&self, types: &[&Type]) -> Option<Type> {
        let is_non_null = types.iter().all(|ty| ty.is_non_null());
        let common = |types: &[&Type]| self.output_type(types);
        let inner = merge_lists(types, &common, |names| {
            names
                .iter()
                .find(|candidate| names.iter().all(|name| self.is_subtype(name, candidate)))
                .map(|name| (*name).clone())
        })?;
        one_of(types, with_nullability(inner, is_non_null))
    }

    fn is_subtype(&self, name: &Name, of: &Name) -> bool {
        name == of || self.subtypes.get(of).is_some_and(|it| it.contains(name))
    }

    /// Whether a value of type `ty` may stand where `of` is expected.
    pub(super) fn is_output_subtype(&self, ty: &Type, of: &Type) -> bool {
        self.output_type(&[ty, of]).as_ref() == Some(of)
    }
}

/// The most specific of the types that are asked of a caller: non-null where
/// any is. None when they have nothing in common.
pub(super) fn input_type(types: &[&Type]) -> Option<Type> {
    let is_non_null = types.iter().any(|ty| ty.is_non_null());
    let inner = merge_lists(types, &input_type, |names| {
        let first = *names.first()?;
        names.iter().all(|name| *name == first).then(|| first.clone())
    })?;
    one_of(types, with_nullability(inner, is_non_null))
}

/// Types that have something in common only when parts of several are put
/// together, such as `[Int!]` and `[Int]!`, are more likely a mistake.
fn one_of(types: &[&Type], merged: Type) -> Option<Type> {
    types.contains(&&merged).then_some(merged)
}

/// Merges types of the same list depth; nullability is left to the caller.
fn merge_lists(
    types: &[&Type],
    merge_items: &dyn Fn(&[&Type]) -> Option<Type>,
    merge_names: impl Fn(&[&Name]) -> Option<Name>,
) -> Option<Type> {
    if types.iter().all(|ty| ty.is_list()) {
        let items: Vec<&Type> = types.iter().map(|ty| ty.item_type()).collect();
        return Some(Type::List(Box::new(merge_items(&items)?)));
    }
    if types.iter().any(|ty| ty.is_list()) {
        return None;
    }
    let names: Vec<&Name> = types.iter().map(|ty| ty.inner_named_type()).collect();
    Some(Type::Named(merge_names(&names)?))
}

fn with_nullability(ty: Type, is_non_null: bool) -> Type {
    match is_non_null {
        true => ty.non_null(),
        false => ty.nullable(),
    }
}
