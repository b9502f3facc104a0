//! The text of the supergraph: the merged types, and around them the
//! definitions of every directive they bear.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use apollo_compiler::ast::{Definition, DirectiveList, FieldDefinition, InputValueDefinition, Value};

use super::{
    link::Link,
    merge::Merged,
    specification::{
        AUTHENTICATED_SIGNATURE, COST_SIGNATURE, INACCESSIBLE_SIGNATURE, LIST_SIZE_SIGNATURE,
        TAG_SIGNATURE,
    },
    subgraph::Subgraph,
};

/// See <https://specs.apollo.dev/join/v0.4/> and <https://specs.apollo.dev/link/v1.0/>.
const JOIN_DEFINITIONS: &str = r#"directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE

directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION

directive @join__graph(name: String!, url: String!) on ENUM_VALUE

directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE

directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR

directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION

directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

scalar join__DirectiveArguments

scalar join__FieldSet

scalar link__Import

enum link__Purpose {
  "`SECURITY` features provide metadata necessary to securely resolve fields."
  SECURITY
  "`EXECUTION` features provide metadata necessary for operation execution."
  EXECUTION
}
"#;

/// A specification that is linked when one of its directives is used.
struct Feature {
    /// The arguments of `@link`.
    link: &'static str,
    /// Name and signature of each directive.
    directives: &'static [(&'static str, &'static str)],
    scalar: Option<&'static str>,
}

const FEATURES: [Feature; 6] = [
    Feature {
        link: r#"url: "https://specs.apollo.dev/tag/v0.3""#,
        directives: &[("tag", TAG_SIGNATURE)],
        scalar: None,
    },
    Feature {
        link: r#"url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY"#,
        directives: &[("inaccessible", INACCESSIBLE_SIGNATURE)],
        scalar: None,
    },
    Feature {
        link: r#"url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY"#,
        directives: &[("authenticated", AUTHENTICATED_SIGNATURE)],
        scalar: None,
    },
    Feature {
        link: r#"url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY"#,
        directives: &[(
            "requiresScopes",
            "(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM",
        )],
        scalar: Some("requiresScopes__Scope"),
    },
    Feature {
        link: r#"url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY"#,
        directives: &[(
            "policy",
            "(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM",
        )],
        scalar: Some("policy__Policy"),
    },
    Feature {
        link: r#"url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"]"#,
        directives: &[("cost", COST_SIGNATURE), ("listSize", LIST_SIZE_SIGNATURE)],
        scalar: None,
    },
];

/// Writes the supergraph SDL.
pub(super) fn print(preamble: &str, merged: &Merged) -> String {
    let mut text = preamble.to_owned();
    for definition in &merged.types {
        writeln!(text, "\n{}", definition.to_string().trim_end())
            .expect("writing to a string cannot fail");
    }
    text
}

/// Everything but the merged types.
pub(super) fn preamble(subgraphs: &[Subgraph], merged: &Merged) -> String {
    let used = used_directives(merged);
    let is_used = |feature: &&Feature| feature.directives.iter().any(|(name, _)| used.contains(name));
    let features: Vec<&Feature> = FEATURES.iter().filter(is_used).collect();
    let mut parts = vec![schema_definition(merged, &features), JOIN_DEFINITIONS.to_owned()];
    parts.push(graphs(subgraphs));
    for feature in &features {
        for (name, signature) in feature.directives {
            parts.push(format!("directive @{name}{signature}\n"));
        }
        parts.extend(feature.scalar.map(|scalar| format!("scalar {scalar}\n")));
    }
    if used.contains("oneOf") {
        parts.push("directive @oneOf on INPUT_OBJECT\n".to_owned());
    }
    for composed in merged.composed.values() {
        parts.push(format!("{}\n", composed.definition.to_string().trim_end()));
    }
    for definition in &merged.executable_directives {
        if !merged.composed.contains_key(&definition.name) {
            parts.push(format!("{}\n", definition.to_string().trim_end()));
        }
    }
    parts.join("\n")
}

fn schema_definition(merged: &Merged, features: &[&Feature]) -> String {
    let mut links = vec![
        r#"url: "https://specs.apollo.dev/link/v1.0""#.to_owned(),
        r#"url: "https://specs.apollo.dev/join/v0.4", for: EXECUTION"#.to_owned(),
    ];
    links.extend(features.iter().map(|feature| feature.link.to_owned()));
    links.extend(composed_links(merged));
    let links: Vec<String> =
        links.into_iter().map(|arguments| format!("  @link({arguments})\n")).collect();
    let mut operations = String::new();
    for definition in &merged.types {
        match definition.name().map(|name| name.as_str()) {
            Some("Query") => operations.insert_str(0, "  query: Query\n"),
            Some("Mutation") => operations.push_str("  mutation: Mutation\n"),
            Some("Subscription") => operations.push_str("  subscription: Subscription\n"),
            _ => {}
        }
    }
    format!("schema\n{}{{\n{operations}}}\n", links.concat())
}

/// The arguments of one `@link` for every specification that composed
/// directives belong to.
fn composed_links(merged: &Merged) -> Vec<String> {
    let mut links: BTreeMap<&str, (&Link, Vec<String>)> = BTreeMap::new();
    for (local_name, composed) in &merged.composed {
        let (link, imports) =
            links.entry(&composed.link.identity).or_insert((&composed.link, Vec::new()));
        if composed.link.version > link.version {
            *link = &composed.link;
        }
        match composed.link.directives.get(local_name.as_str()) {
            Some(name) if *name == local_name.as_str() => imports.push(format!("\"@{name}\"")),
            Some(name) => {
                imports.push(format!("{{name: \"@{name}\", as: \"@{local_name}\"}}"));
            }
            None => {}
        }
    }
    links
        .into_values()
        .map(|(link, imports)| {
            let mut arguments = format!("url: {}", quoted(&link.url));
            let usual_namespace = link.identity.rsplit('/').next();
            if usual_namespace != Some(link.namespace.as_str()) {
                let _ = write!(arguments, ", as: {}", quoted(&link.namespace));
            }
            if !imports.is_empty() {
                let _ = write!(arguments, ", import: [{}]", imports.join(", "));
            }
            arguments
        })
        .collect()
}

fn graphs(subgraphs: &[Subgraph]) -> String {
    let values: Vec<String> = subgraphs
        .iter()
        .map(|subgraph| {
            let (name, url) = (quoted(&subgraph.name), quoted(&subgraph.url));
            let graph = &subgraph.graph;
            format!("  {graph} @join__graph(name: {name}, url: {url})\n")
        })
        .collect();
    format!("enum join__Graph {{\n{}}}\n", values.concat())
}

/// A GraphQL string literal.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).serialize().no_indent().to_string()
}

/// The names of all directives on the merged types.
fn used_directives(merged: &Merged) -> BTreeSet<&str> {
    let mut used = BTreeSet::new();
    for definition in &merged.types {
        collect(definition, &mut |directives| {
            for directive in directives.iter() {
                used.insert(directive.name.as_str());
            }
        });
    }
    used
}

fn collect<'a>(definition: &'a Definition, visit: &mut dyn FnMut(&'a DirectiveList)) {
    visit(definition.directives());
    match definition {
        Definition::ObjectTypeDefinition(it) => {
            it.fields.iter().for_each(|field| collect_field(field, visit));
        }
        Definition::InterfaceTypeDefinition(it) => {
            it.fields.iter().for_each(|field| collect_field(field, visit));
        }
        Definition::EnumTypeDefinition(it) => {
            it.values.iter().for_each(|value| visit(&value.directives));
        }
        Definition::InputObjectTypeDefinition(it) => {
            it.fields.iter().for_each(|field| collect_input(field, visit));
        }
        _ => {}
    }
}

fn collect_field<'a>(field: &'a FieldDefinition, visit: &mut dyn FnMut(&'a DirectiveList)) {
    visit(&field.directives);
    for argument in &field.arguments {
        collect_input(argument, visit);
    }
}

fn collect_input<'a>(input: &'a InputValueDefinition, visit: &mut dyn FnMut(&'a DirectiveList)) {
    visit(&input.directives);
}
