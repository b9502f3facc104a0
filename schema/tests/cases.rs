//! Small supergraphs, each with subgraphs, requests and exact answers; see
//! `support/case.rs` for how a case is written.

use std::{collections::BTreeSet, fs, path::Path};

use crate::support::case;

/// The folders under `tests/cases`.
const GROUPS: [&str; 21] = [
    "abstract",
    "aliases",
    "conditions",
    "documents",
    "federation",
    "fragments",
    "guards",
    "hidden",
    "introspection",
    "limits",
    "merging",
    "modules",
    "mutations",
    "node",
    "nulls",
    "operations",
    "overrides",
    "requires",
    "sharing",
    "subscriptions",
    "variables",
];

#[tokio::test]
async fn every_case_is_answered_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut failures = Vec::new();
    let mut count = 0;
    for group in GROUPS {
        let mut paths: Vec<_> = fs::read_dir(folder.join(group))
            .expect("every group has a folder")
            .map(|entry| entry.expect("the folder can be read").path())
            .collect();
        paths.sort();
        for path in paths {
            count += 1;
            if let Err(problem) = case::run(&path, updates()).await {
                failures.push(format!("{}\n{problem}", path.display()));
            }
        }
    }

    let rule = "-".repeat(60);
    assert!(
        failures.is_empty(),
        "{} of {count} cases fail\n{rule}\n{}",
        failures.len(),
        failures.join(&format!("\n{rule}\n"))
    );
}

#[test]
fn every_folder_of_cases_is_a_group() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let entries = fs::read_dir(folder).expect("the folder can be read");

    let folders: BTreeSet<String> = entries
        .map(|entry| entry.expect("the folder can be read").file_name().to_string_lossy().into_owned())
        .collect();

    assert_eq!(folders, GROUPS.map(str::to_owned).into());
}

#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not of the product")]
fn updates() -> bool {
    std::env::var("UPDATE_CASES").is_ok()
}
