//! What a subgraph links to: its federation version, and the local names of
//! the directives it imports.

use std::collections::{BTreeMap, HashMap, HashSet};

use apollo_compiler::ast::{Definition, Directive, Document, Value};

use super::specification::{
    NEWEST_FEDERATION_MINOR, SPECIFIED_DIRECTIVES, directives_of_feature, specified_directive,
};

const APOLLO_SPECIFICATIONS: &str = "https://specs.apollo.dev/";

/// The links of one subgraph, resolved to names.
///
/// The rules are those of <https://specs.apollo.dev/link/v1.0/>: an element is
/// known by its import, by its alias, or by `namespace__name`.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Every `@link` of the schema, in source order.
    pub(super) all: Vec<Link>,
    is_federation_two: bool,
    /// Local directive name to the name the specification gives it.
    directives: HashMap<String, &'static str>,
    /// Local names of imported types of the specification.
    types: HashSet<String>,
    /// Prefixes, such as `federation__`, of names that belong to a linked
    /// specification.
    namespaces: HashSet<String>,
}

/// One `@link(url:, as:, import:)`.
#[derive(Debug, Clone)]
pub(super) struct Link {
    /// The URL without its version, for example `https://example.org/audit`.
    pub(super) identity: String,
    /// Major and minor version; `(0, 0)` when the URL has none.
    pub(super) version: (u32, u32),
    pub(super) url: String,
    /// The prefix of elements that are not imported.
    pub(super) namespace: String,
    /// Local name to name in the specification, both without `@`, of the
    /// imported directives.
    pub(super) directives: BTreeMap<String, String>,
    types: Vec<String>,
}

/// A link that cannot be followed: the error code and a message.
pub(super) type LinkMistake = (&'static str, String);

impl Links {
    /// Reads the `@link`s on the schema definition and its extensions.
    pub(super) fn read(document: &Document) -> (Self, Vec<LinkMistake>) {
        let mut mistakes = Vec::new();
        let mut links = Self::default();
        for directive in link_directives(document) {
            match Link::read(directive) {
                Ok(link) => links.all.push(link),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        for link in links.all.clone() {
            mistakes.extend(links.follow(&link));
        }
        if !links.is_federation_two {
            for directive in
                SPECIFIED_DIRECTIVES.iter().filter(|directive| directive.is_in_federation_one)
            {
                let name = directive.name.to_owned();
                links.directives.entry(name).or_insert(directive.name);
            }
        }
        (links, mistakes)
    }

    /// Whether the subgraph links to `https://specs.apollo.dev/federation/v2.x`.
    pub(super) fn is_federation_two(&self) -> bool {
        self.is_federation_two
    }

    /// The specification's name of a directive that the subgraph knows as
    /// `local_name`.
    pub(super) fn specified_name(&self, local_name: &str) -> Option<&'static str> {
        self.directives.get(local_name).copied()
    }

    /// Every directive of a specification: local name and specified name.
    pub(super) fn directives(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.directives.iter().map(|(local_name, name)| (local_name.as_str(), *name))
    }

    /// Whether a type belongs to a specification, so that it is no part of the
    /// supergraph.
    pub(super) fn is_internal_type(&self, name: &str) -> bool {
        let prefix = name.split_once("__").map(|(prefix, _)| prefix);
        matches!(name, "_Any" | "_Service" | "_Entity" | "_FieldSet")
            || self.types.contains(name)
            || prefix.is_some_and(|prefix| {
                matches!(prefix, "federation" | "link" | "join" | "core")
                    || self.namespaces.contains(prefix)
            })
    }

    /// The link through which a custom directive got its local name.
    pub(super) fn link_of_directive(&self, local_name: &str) -> Option<&Link> {
        self.all.iter().find(|link| {
            link.directives.contains_key(local_name)
                || link.namespace == local_name
                || local_name.split_once("__").is_some_and(|(prefix, _)| prefix == link.namespace)
        })
    }

    fn follow(&mut self, link: &Link) -> Vec<LinkMistake> {
        let Some(feature) = link.identity.strip_prefix(APOLLO_SPECIFICATIONS) else {
            return Vec::new();
        };
        self.namespaces.insert(link.namespace.clone());
        self.types.extend(link.types.iter().cloned());
        if feature == "federation" {
            return self.follow_federation(link);
        }
        for name in directives_of_feature(feature) {
            let local_name = match *name == feature {
                true => link.namespace.clone(),
                false => format!("{}__{name}", link.namespace),
            };
            self.directives.insert(local_name, name);
        }
        for (local_name, name) in &link.directives {
            let known = directives_of_feature(feature);
            if let Some(name) = known.iter().find(|known| **known == name.as_str()) {
                self.directives.insert(local_name.clone(), name);
            }
        }
        Vec::new()
    }

    fn follow_federation(&mut self, link: &Link) -> Vec<LinkMistake> {
        let (major, minor) = link.version;
        if major != 2 || minor > NEWEST_FEDERATION_MINOR {
            return vec![(
                "UNKNOWN_FEDERATION_LINK_VERSION",
                format!(
                    "{} is not a known version of federation; the newest known is v2.{NEWEST_FEDERATION_MINOR}",
                    link.url
                ),
            )];
        }
        self.is_federation_two = true;
        for directive in SPECIFIED_DIRECTIVES.iter().filter(|directive| directive.since_minor <= minor) {
            self.directives.insert(format!("{}__{}", link.namespace, directive.name), directive.name);
        }
        let mut mistakes = Vec::new();
        for (local_name, name) in &link.directives {
            match specified_directive(name) {
                Some(directive) if directive.since_minor <= minor => {
                    self.directives.insert(local_name.clone(), directive.name);
                }
                Some(directive) => mistakes.push((
                    "INVALID_LINK_DIRECTIVE_USAGE",
                    format!(
                        "@{name} cannot be imported from {}: it exists since v2.{}",
                        link.url, directive.since_minor
                    ),
                )),
                // `@link` itself may be listed and is known anyway.
                None if name == "link" => {}
                None => mistakes.push((
                    "INVALID_LINK_DIRECTIVE_USAGE",
                    format!("@{name} cannot be imported: {} has no such directive", link.url),
                )),
            }
        }
        mistakes
    }
}

impl Link {
    fn read(directive: &Directive) -> Result<Self, LinkMistake> {
        let text =
            |name: &str| directive.specified_argument_by_name(name).and_then(|value| value.as_str());
        let invalid = |message: String| ("INVALID_LINK_DIRECTIVE_USAGE", message);
        let url = text("url").ok_or_else(|| invalid("@link needs a url".to_owned()))?;
        let (identity, version) = split_version(url);
        let name = identity.rsplit('/').next().unwrap_or(identity);
        let mut link = Self {
            identity: identity.to_owned(),
            version,
            url: url.to_owned(),
            namespace: text("as").unwrap_or(name).to_owned(),
            directives: BTreeMap::new(),
            types: Vec::new(),
        };
        let imports = directive
            .specified_argument_by_name("import")
            .and_then(|value| value.as_list())
            .unwrap_or_default();
        for import in imports {
            let (name, local_name) = read_import(import)
                .map_err(|message| invalid(format!("{message} in the imports of {url}")))?;
            match (name.strip_prefix('@'), local_name.strip_prefix('@')) {
                (Some(name), Some(local_name)) => {
                    link.directives.insert(local_name.to_owned(), name.to_owned());
                }
                (None, None) => link.types.push(local_name.to_owned()),
                _ => {
                    return Err(invalid(format!(
                        "{name} cannot be imported as {local_name}: both or neither must start with @"
                    )));
                }
            }
        }
        Ok(link)
    }
}

/// Reads `"@key"` or `{ name: "@key", as: "@primaryKey" }` as name and local
/// name.
fn read_import(import: &Value) -> Result<(&str, &str), String> {
    if let Some(name) = import.as_str() {
        return Ok((name, name));
    }
    let fields = import.as_object().ok_or("neither a name nor an object")?;
    let text =
        |key: &str| fields.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_str());
    let name = text("name").ok_or("an object without a name")?;
    Ok((name, text("as").unwrap_or(name)))
}

/// `https://example.org/audit/v1.2` is `https://example.org/audit` in version 1.2.
fn split_version(url: &str) -> (&str, (u32, u32)) {
    let url = url.trim_end_matches('/');
    let parsed = url.rsplit_once('/').and_then(|(identity, version)| {
        let (major, minor) = version.strip_prefix('v')?.split_once('.')?;
        Some((identity, (major.parse().ok()?, minor.parse().ok()?)))
    });
    parsed.unwrap_or((url, (0, 0)))
}

/// The applications of `@link`, under whatever name the link specification
/// itself was linked.
fn link_directives(document: &Document) -> Vec<&Directive> {
    let on_schema: Vec<&Directive> = document
        .definitions
        .iter()
        .filter(|definition| {
            matches!(definition, Definition::SchemaDefinition(_) | Definition::SchemaExtension(_))
        })
        .flat_map(|definition| definition.directives().iter())
        .map(|directive| &**directive)
        .collect();
    let name = local_name_of_link(&on_schema);
    on_schema.into_iter().filter(|directive| directive.name == name.as_str()).collect()
}

fn local_name_of_link(on_schema: &[&Directive]) -> String {
    let text = |directive: &Directive, name: &str| {
        let value = directive.specified_argument_by_name(name)?;
        value.as_str().map(str::to_owned)
    };
    on_schema
        .iter()
        .find(|directive| {
            text(directive, "url")
                .is_some_and(|url| split_version(&url).0 == "https://specs.apollo.dev/link")
        })
        .and_then(|directive| text(directive, "as"))
        .unwrap_or_else(|| "link".to_owned())
}
