//! The directives that the federation specifications define, and since when.

/// The newest minor version of Federation 2 whose rules are known here. A
/// subgraph that asks for a newer one is refused rather than misread.
pub(super) const NEWEST_FEDERATION_MINOR: u32 = 14;

/// The scalars in the arguments of the directives below. Subgraph servers
/// publish them under different names, or not at all.
pub(super) const INTERNAL_SCALARS: [&str; 15] = [
    "_Any",
    "_Entity",
    "_FieldSet",
    "_Service",
    "FieldSet",
    "Import",
    "Policy",
    "Purpose",
    "Scope",
    "federation__ContextFieldValue",
    "federation__FieldSet",
    "federation__Policy",
    "federation__Scope",
    "link__Import",
    "link__Purpose",
];

/// A directive of the federation specification or of one of its parts.
pub(super) struct SpecifiedDirective {
    pub(super) name: &'static str,
    /// The minor version of Federation 2 that introduced the directive.
    pub(super) since_minor: u32,
    /// Whether a Federation 1 subgraph may use it without declaring it.
    pub(super) is_in_federation_one: bool,
    /// What follows the name in the directive's definition.
    pub(super) signature: &'static str,
}

/// Finds a directive by the name that the specification gives it.
pub(super) fn specified_directive(name: &str) -> Option<&'static SpecifiedDirective> {
    SPECIFIED_DIRECTIVES.iter().find(|directive| directive.name == name)
}

/// The directives a separate specification such as
/// `https://specs.apollo.dev/tag/v0.3` brings when it is linked on its own.
pub(super) fn directives_of_feature(feature: &str) -> &'static [&'static str] {
    match feature {
        "tag" => &["tag"],
        "inaccessible" => &["inaccessible"],
        "authenticated" => &["authenticated"],
        "requiresScopes" => &["requiresScopes"],
        "policy" => &["policy"],
        "cost" => &["cost", "listSize"],
        _ => &[],
    }
}

/// See <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives>.
pub(super) const SPECIFIED_DIRECTIVES: [SpecifiedDirective; 19] = [
    directive(
        "key",
        0,
        true,
        "(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE",
    ),
    directive("requires", 0, true, "(fields: federation__FieldSet!) on FIELD_DEFINITION"),
    directive("provides", 0, true, "(fields: federation__FieldSet!) on FIELD_DEFINITION"),
    directive("external", 0, true, "(reason: String) on OBJECT | FIELD_DEFINITION"),
    directive("extends", 0, true, " on OBJECT | INTERFACE"),
    directive("shareable", 0, false, " repeatable on OBJECT | FIELD_DEFINITION"),
    directive("override", 0, false, "(from: String!, label: String) on FIELD_DEFINITION"),
    directive("tag", 0, true, TAG_SIGNATURE),
    directive("inaccessible", 0, true, INACCESSIBLE_SIGNATURE),
    directive("composeDirective", 1, false, "(name: String!) repeatable on SCHEMA"),
    directive("interfaceObject", 3, false, " on OBJECT"),
    directive("authenticated", 5, false, AUTHENTICATED_SIGNATURE),
    directive(
        "requiresScopes",
        5,
        false,
        "(scopes: [[federation__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM",
    ),
    directive(
        "policy",
        6,
        false,
        "(policies: [[federation__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM",
    ),
    directive("context", 8, false, "(name: String!) repeatable on INTERFACE | OBJECT | UNION"),
    directive("fromContext", 8, false, "(field: federation__ContextFieldValue) on ARGUMENT_DEFINITION"),
    directive("cost", 9, false, COST_SIGNATURE),
    directive("listSize", 9, false, LIST_SIZE_SIGNATURE),
    directive("cacheTag", 12, false, "(format: String!) repeatable on FIELD_DEFINITION | OBJECT"),
];

pub(super) const TAG_SIGNATURE: &str = "(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA";
pub(super) const INACCESSIBLE_SIGNATURE: &str = " on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION";
pub(super) const AUTHENTICATED_SIGNATURE: &str =
    " on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM";
pub(super) const COST_SIGNATURE: &str = "(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR";
pub(super) const LIST_SIZE_SIGNATURE: &str = "(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION";

const fn directive(
    name: &'static str,
    since_minor: u32,
    is_in_federation_one: bool,
    signature: &'static str,
) -> SpecifiedDirective {
    SpecifiedDirective { name, since_minor, is_in_federation_one, signature }
}
