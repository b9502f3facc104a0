//! Type definitions and extensions of every kind in one shape.

use apollo_compiler::{
    Name, Node,
    ast::{Definition, DirectiveList, EnumValueDefinition, FieldDefinition, InputValueDefinition},
};

use super::subgraph::TypeKind;

/// What a type definition or extension of any kind consists of.
pub(super) struct Declaration<'a> {
    pub(super) kind: TypeKind,
    pub(super) is_extension: bool,
    pub(super) name: &'a Name,
    pub(super) description: Option<&'a Node<str>>,
    pub(super) directives: &'a DirectiveList,
    pub(super) implements: &'a [Name],
    pub(super) fields: &'a [Node<FieldDefinition>],
    pub(super) members: &'a [Name],
    pub(super) values: &'a [Node<EnumValueDefinition>],
    pub(super) input_fields: &'a [Node<InputValueDefinition>],
}

/// Reads the parts of a type definition or extension; other definitions have
/// none.
pub(super) fn declaration(definition: &Definition) -> Option<Declaration<'_>> {
    use Definition as D;
    let (kind, is_extension) = kind_of(definition)?;
    let mut declaration = Declaration {
        kind,
        is_extension,
        name: definition.name()?,
        description: None,
        directives: definition.directives(),
        implements: &[],
        fields: &[],
        members: &[],
        values: &[],
        input_fields: &[],
    };
    match definition {
        D::ObjectTypeDefinition(it) => {
            declaration.description = it.description.as_ref();
            declaration.implements = &it.implements_interfaces;
            declaration.fields = &it.fields;
        }
        D::ObjectTypeExtension(it) => {
            declaration.implements = &it.implements_interfaces;
            declaration.fields = &it.fields;
        }
        D::InterfaceTypeDefinition(it) => {
            declaration.description = it.description.as_ref();
            declaration.implements = &it.implements_interfaces;
            declaration.fields = &it.fields;
        }
        D::InterfaceTypeExtension(it) => {
            declaration.implements = &it.implements_interfaces;
            declaration.fields = &it.fields;
        }
        D::UnionTypeDefinition(it) => {
            declaration.description = it.description.as_ref();
            declaration.members = &it.members;
        }
        D::UnionTypeExtension(it) => declaration.members = &it.members,
        D::EnumTypeDefinition(it) => {
            declaration.description = it.description.as_ref();
            declaration.values = &it.values;
        }
        D::EnumTypeExtension(it) => declaration.values = &it.values,
        D::InputObjectTypeDefinition(it) => {
            declaration.description = it.description.as_ref();
            declaration.input_fields = &it.fields;
        }
        D::InputObjectTypeExtension(it) => declaration.input_fields = &it.fields,
        D::ScalarTypeDefinition(it) => declaration.description = it.description.as_ref(),
        _ => {}
    }
    Some(declaration)
}

/// The kind of type that a definition declares, and whether it extends it.
fn kind_of(definition: &Definition) -> Option<(TypeKind, bool)> {
    use Definition as D;
    let kind = match definition {
        D::ObjectTypeDefinition(_) | D::ObjectTypeExtension(_) => TypeKind::Object,
        D::InterfaceTypeDefinition(_) | D::InterfaceTypeExtension(_) => TypeKind::Interface,
        D::UnionTypeDefinition(_) | D::UnionTypeExtension(_) => TypeKind::Union,
        D::EnumTypeDefinition(_) | D::EnumTypeExtension(_) => TypeKind::Enum,
        D::InputObjectTypeDefinition(_) | D::InputObjectTypeExtension(_) => TypeKind::InputObject,
        D::ScalarTypeDefinition(_) | D::ScalarTypeExtension(_) => TypeKind::Scalar,
        _ => return None,
    };
    Some((kind, definition.is_extension_definition()))
}
