//! House rules that a test can hold: who may depend on whom, how files open, how
//! long they are, what stands beside a guard.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The crates of each level may use those after the arrow, and no others of
/// the workspace; `resolvers/*` are all modules.
const ARROWS: &[(&str, &[&str])] = &[
    ("entities", &[]),
    ("migrations", &[]),
    ("subscriptions", &["entities"]),
    ("resolvers/kit", &["entities", "subscriptions"]),
    ("schema", &["kit"]),
    ("resolvers/*", &["entities", "kit", "subscriptions"]),
    ("gateway", &["entities", "kit", "migrations", "resolvers/*", "schema", "subscriptions"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            let is_ours = !["target", "node_modules", "dist"].iter().any(|skipped| name == *skipped);
            if is_ours && !name.to_string_lossy().starts_with('.') {
                files(&path, extension, found);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

/// The workspace's crates that a manifest names outside its dev-dependencies.
fn workspace_dependencies(manifest: &Path, crates: &[String]) -> Vec<String> {
    let text = fs::read_to_string(manifest).expect("a manifest");
    let manifest: toml::Table = text.parse().expect("a manifest is TOML");
    let named = manifest.get("dependencies").and_then(toml::Value::as_table).expect("dependencies");
    named.keys().filter(|name| crates.contains(name)).cloned().collect()
}

#[test]
fn every_rust_file_says_what_it_is_for_and_stays_short() {
    let mut found = Vec::new();
    files(&root(), "rs", &mut found);
    assert!(found.len() > 50, "the sources were not found");

    let is_bad = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("sources are text");
        !text.starts_with("//!") || text.lines().count() > 600
    };
    let bad: Vec<PathBuf> = found.into_iter().filter(is_bad).collect();

    assert_eq!(bad, Vec::<PathBuf>::new(), "open with `//! …` and stay under 600 lines");
}

#[test]
fn crates_depend_downwards_only() {
    let modules: Vec<String> = fs::read_dir(root().join("resolvers"))
        .expect("the modules")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != "kit")
        .collect();
    let mut crates: Vec<String> =
        ["entities", "gateway", "kit", "migrations", "schema", "subscriptions"]
            .map(str::to_owned)
            .into();
    crates.extend(modules.iter().cloned());

    for (folder, allowed) in ARROWS {
        let folders = match folder.strip_suffix("/*") {
            Some(parent) => modules.iter().map(|module| format!("{parent}/{module}")).collect(),
            None => vec![(*folder).to_owned()],
        };
        for folder in folders {
            let used = workspace_dependencies(&root().join(&folder).join("Cargo.toml"), &crates);
            let is_allowed = |name: &str| {
                let is_module = modules.iter().any(|module| module == name);
                allowed.contains(&name) || (is_module && allowed.contains(&"resolvers/*"))
            };
            let wrong: Vec<&String> = used.iter().filter(|name| !is_allowed(name)).collect();
            assert_eq!(wrong, Vec::<&String>::new(), "{folder} may use {allowed:?} only");
        }
    }
}

#[test]
fn only_the_gateway_reads_the_environment() {
    let mut found = Vec::new();
    for folder in ["entities", "migrations", "subscriptions", "resolvers", "schema"] {
        files(&root().join(folder), "rs", &mut found);
    }

    let reads = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("sources are text");
        text.contains("std::env") && !path.components().any(|part| part.as_os_str() == "tests")
    };
    let bad: Vec<PathBuf> = found.into_iter().filter(reads).collect();

    assert_eq!(bad, Vec::<PathBuf>::new());
}

#[test]
fn every_guard_stands_beside_the_directive_that_publishes_it() {
    let mut found = Vec::new();
    files(&root().join("resolvers"), "rs", &mut found);
    let (mut wrong, mut guards) = (Vec::new(), 0);

    for file in found {
        let text = fs::read_to_string(&file).expect("text");
        for attribute in text.split("#[graphql(").skip(1) {
            let attribute = attribute.split(")]").next().unwrap_or_default();
            let guard = attribute.split_once("guard = \"").map(|(_, rest)| rest.replace("\\\"", "'"));
            let guard = guard.and_then(|rest| rest.split('"').next().map(str::to_owned));
            let wanted = match &guard {
                None => None,
                Some(guard) if guard.ends_with("SignedIn") => {
                    Some("kit::authenticated::apply()".to_owned())
                }
                Some(guard) => Some(format!("requires_scopes = \"{}\"", permission(guard, &text))),
            };
            guards += usize::from(guard.is_some());
            let publishes =
                attribute.contains("authenticated::apply") || attribute.contains("requires_scopes");
            let is_right = wanted.as_ref().map_or(!publishes, |wanted| attribute.contains(wanted));
            if !is_right {
                wrong.push(format!("{}: {attribute}: wants {wanted:?}", file.display()));
            }
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
    assert!(guards > 30, "only {guards} guards were found");
}

/// The permission of `Require('a:b')` or `Require(NAME)`.
fn permission(guard: &str, text: &str) -> String {
    let inner = guard.split_once("Require(").map_or("", |(_, rest)| rest.trim_end_matches(')'));
    if let Some(literal) = inner.strip_prefix('\'') {
        return literal.trim_end_matches('\'').to_owned();
    }
    let constant = text.lines().find(|line| line.contains(&format!("const {inner}:")));
    let value = constant.and_then(|line| line.split('"').nth(1));
    value.unwrap_or_else(|| panic!("{guard}: no constant {inner}")).to_owned()
}
