//! The published schema: a snapshot of the whole and of each module, every
//! element described, every example valid.

use std::{
    fs,
    path::{Path, PathBuf},
};

use apollo_compiler::{ExecutableDocument, Schema, schema::ExtendedType, validation::Valid};
use serde_json::{Value, json};
use tests::{TestApp, on_each_database};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// The product's own schema: without the harness's probe module.
async fn product() -> gateway::App {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut config = gateway::Config::default();
    config.database.url = format!("sqlite://{}", folder.path().join("weft.db").display()).into();
    config.database.seed_demo = false;
    gateway::App::start(config, gateway::Extra::default()).await.expect("the gateway starts")
}

fn parsed(sdl: &str) -> Valid<Schema> {
    Schema::parse_and_validate(format!("directive @oneOf on INPUT_OBJECT\n{sdl}"), "schema.graphql")
        .unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test]
async fn the_published_schema_is_the_served_one() {
    let app = product().await;
    let file = root().join("schema/schema.graphql");
    #[expect(
        clippy::disallowed_methods,
        reason = "the habit of insta, which writes snapshots on this word"
    )]
    if std::env::var("INSTA_UPDATE").is_ok_and(|word| word == "always") {
        fs::write(&file, app.engine().sdl()).expect("the file can be written");
    }

    let published = fs::read_to_string(&file).unwrap_or_default();

    assert!(
        published == app.engine().sdl(),
        "schema/schema.graphql is not what the graph serves: look at `weft schema print`, and when the change is \
         meant, write it with INSTA_UPDATE=always"
    );
    app.stop().await;
}

#[tokio::test]
async fn each_module_publishes_its_share() {
    let app = product().await;

    for (name, sdl) in app.subgraph_sdls() {
        insta::assert_snapshot!(format!("subgraph_{name}"), sdl);
    }
    app.stop().await;
}

#[tokio::test]
async fn every_element_is_described() {
    let app = product().await;
    let schema = parsed(app.engine().sdl());
    let mut bare = Vec::new();
    let mut check = |coordinate: String, description: Option<&str>| {
        if description.is_none_or(|text| text.trim().is_empty()) {
            bare.push(coordinate);
        }
    };

    for (name, definition) in schema.types.iter().filter(|(_, definition)| !definition.is_built_in()) {
        let is_root = ["Query", "Mutation", "Subscription"].contains(&name.as_str());
        if !is_root {
            check(name.to_string(), definition.description().map(AsRef::as_ref));
        }
        let fields = match definition {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            ExtendedType::Enum(values) => {
                for (value, definition) in &values.values {
                    check(format!("{name}.{value}"), definition.description.as_deref());
                }
                continue;
            }
            ExtendedType::InputObject(input) => {
                for (field, definition) in &input.fields {
                    check(format!("{name}.{field}"), definition.description.as_deref());
                }
                continue;
            }
            _ => continue,
        };
        for (field, definition) in fields.iter().filter(|(field, _)| !field.starts_with("__")) {
            check(format!("{name}.{field}"), definition.description.as_deref());
            for argument in &definition.arguments {
                check(format!("{name}.{field}({})", argument.name), argument.description.as_deref());
            }
        }
    }

    assert_eq!(bare, Vec::<String>::new(), "describe these for the people who query");
    app.stop().await;
}

#[tokio::test]
async fn every_example_of_the_playground_fits_the_schema() {
    let app = product().await;
    let schema = parsed(app.engine().sdl());
    let mut checked = 0;

    for module in fs::read_dir(root().join("playground/examples")).expect("the examples").flatten() {
        if !module.path().is_dir() {
            continue;
        }
        for file in fs::read_dir(module.path()).expect("a module's examples").flatten() {
            if file.path().extension().is_some_and(|extension| extension == "graphql") {
                let text = fs::read_to_string(file.path()).expect("text");
                if let Err(error) = ExecutableDocument::parse_and_validate(&schema, &text, file.path()) {
                    panic!("{}: {error}", file.path().display());
                }
                checked += 1;
            }
        }
    }

    assert!(checked >= 8, "only {checked} examples were found");
    app.stop().await;
}

#[test]
fn the_readme_lists_every_configuration_key() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");

    assert!(
        readme.contains(gateway::markdown().trim()),
        "put the table that `weft config reference` prints into README.md"
    );
}

/// The parts of the README that tests of their own walk through.
const ACCOUNT: &str = "### An account from the first day\n";
const PURCHASE: &str = "### A purchase from cart to invoice\n";

/// The README in parts.
pub(crate) struct Readme {
    /// All that is no walk.
    pub(crate) rest: String,
    /// The walk through an account.
    pub(crate) account: String,
    /// The walk through a purchase.
    pub(crate) purchase: String,
}

/// The README, read.
pub(crate) fn readme() -> Readme {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let (rest, account) = without(&readme, ACCOUNT);
    let (rest, purchase) = without(&rest, PURCHASE);
    Readme { rest, account, purchase }
}

/// A text without the walk under a heading, and the walk.
fn without(text: &str, heading: &str) -> (String, String) {
    let (before, rest) = text.split_once(heading).expect("the walk-through");
    let (walk, after) = rest.split_once("\n## ").expect("the next part");
    (format!("{before}\n## {after}"), walk.to_owned())
}

/// The operations that a text shows, in order: the blocks marked `graphql`.
pub(crate) fn operations(text: &str) -> Vec<String> {
    let blocks = text.split("```graphql\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("a closed block").to_owned()).collect()
}

#[tokio::test]
async fn the_readmes_operations_work_as_pasted() {
    on_each_database(async |app: TestApp| {
        let guest = app.guest();
        let mut client = guest.clone();
        let mut ran = 0;
        for operation in operations(&readme().rest) {
            if operation.trim_start().starts_with("subscription") {
                let prepared = app.app().engine().prepare(&operation, None).await;
                assert!(prepared.is_ok(), "{operation}");
                continue;
            }
            let answer: Value = client.ask(&operation, json!({})).await;
            assert_eq!(answer.get("errors"), None, "{operation}\n{answer}");
            let data = answer["data"].as_object().expect("data");
            for (field, value) in data {
                assert_ne!(*value, Value::Null, "{field} in {operation}");
                assert!(value.get("userErrors").is_none_or(|errors| *errors == json!([])), "{answer}");
                if let Some(token) = value.get("accessToken").and_then(Value::as_str) {
                    client = guest.with_token(token);
                }
            }
            ran += 1;
        }

        assert!(ran >= 3, "the README shows at least a query, a sign-in and a mutation");
        app.stop().await;
    })
    .await;
}
