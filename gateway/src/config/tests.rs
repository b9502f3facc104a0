//! Layers, mistakes, and that the table names every setting.

use std::collections::{BTreeSet, HashMap};

use super::*;

fn sources(file: Option<&str>, environment: &[(&str, &str)]) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("weft.toml");
    std::fs::write(&path, file.unwrap_or_default()).expect("written");
    let environment: HashMap<_, _> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    (folder, Sources { file: Some(path), environment: Some(environment) })
}

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let (folder, sources) = sources(Some(file), environment);
    sources
        .load()
        .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

fn refusal(file: &str, environment: &[(&str, &str)]) -> String {
    load(file, environment).expect_err("it is wrong")
}

#[test]
fn nothing_needs_to_be_set() {
    let config = load("", &[]).expect("valid");

    assert_eq!(reference::values(&config), reference::values(&Config::default()));
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = "[server]\nport = 9000\nhost = \"0.0.0.0\"\nbody_limit = \"64 KiB\"\n\
                [modules.remote.products]\nurl = \"http://10.0.0.7/subgraphs/products\"\n";
    let environment = [
        ("WEFT_SERVER__PORT", "9001"),
        ("WEFT_SERVER__REQUEST_TIMEOUT", "2min"),
        ("WEFT_SERVER__CORS__ORIGINS", "https://a.example, https://b.example"),
        ("WEFT_DATABASE__SEED_DEMO", "false"),
        ("WEFT_GRAPH__LIMITS__DEPTH", "12"),
        ("WEFT_MODULES__REMOTE__SEARCH__URL", "http://search"),
        ("WEFT_AUTH__ISSUER", "007"),
        ("WEFT_REQUIRE_PEERS", "1"),
    ];

    let config = load(file, &environment).expect("valid");

    assert_eq!(config.server.port, 9001);
    assert_eq!(config.server.host.to_string(), "0.0.0.0");
    assert_eq!(config.server.body_limit.get(), 65_536);
    assert_eq!(config.server.request_timeout.as_secs(), 120);
    assert_eq!(config.server.cors.origins, ["https://a.example", "https://b.example"]);
    assert!(!config.database.seed_demo);
    assert_eq!(config.graph.limits.depth, 12);
    assert_eq!(config.graph.limits.tokens, 5_000);
    assert_eq!(config.modules.remote.keys().collect::<Vec<_>>(), ["products", "search"]);
    assert_eq!(config.auth.issuer, "007");
}

#[test]
fn a_plain_number_is_a_size_in_bytes() {
    assert_eq!(load("[server]\nbody_limit = 2048", &[]).expect("valid").server.body_limit.get(), 2_048);
}

#[test]
fn an_unknown_setting_is_named_with_the_one_that_was_meant() {
    assert_eq!(
        refusal("[server]\nprot = 1", &[]),
        "weft.toml: there is no setting `server.prot`, did you mean `server.port`?"
    );
    assert_eq!(
        refusal("", &[("WEFT_SERVER__PROT", "1")]),
        "WEFT_SERVER__PROT: there is no setting `server.prot`, did you mean `server.port`?"
    );
    assert_eq!(
        refusal("[kitchen]\nsink = 1", &[]),
        "weft.toml: there is no setting `kitchen.sink`; `weft config reference` lists them all"
    );
    assert_eq!(
        refusal("", &[("WEFT_SERVER_PORT", "1")]),
        "the environment variable WEFT_SERVER_PORT: there is no setting `server_port`, did you mean \
         WEFT_SERVER__PORT?"
    );
}

#[test]
fn a_wrong_value_is_named_with_its_key() {
    let table = [
        (
            "[server]\nport = \"high\"",
            "server.port should be an integer, but is string \"high\" (or WEFT_SERVER__PORT is)",
        ),
        (
            "[server]\nbody_limit = \"1 MB\"",
            "server.body_limit (or WEFT_SERVER__BODY_LIMIT): `1 MB` is no size such as `64 KiB` or `1 MiB`",
        ),
        (
            "[database]\nurl = \"mysql://x\"",
            "database.url must start with `sqlite://` or `postgres://`, such as `sqlite://data/weft.db`",
        ),
        (
            "[server.cors]\norigins = [\"shop.example\"]",
            "server.cors.origins: `shop.example` is no origin such as `https://shop.example`",
        ),
        (
            "[server.cors]\norigins = [\"*\"]\ncredentials = true",
            "server.cors.credentials needs named origins: browsers refuse it with `*`",
        ),
        (
            "[persisted_queries]\nmemory = \"1 KiB\"",
            "persisted_queries.memory must have room for one document of persisted_queries.document_limit",
        ),
        (
            "[auth]\ndefault_currency = \"gold\"",
            "auth.default_currency: `gold` is no currency code such as `EUR`",
        ),
    ];

    for (file, message) in table {
        assert_eq!(refusal(file, &[]), message);
    }
}

#[test]
fn a_file_that_was_named_must_be_there_and_be_toml() {
    let missing = Sources { file: Some("/nowhere/weft.toml".into()), environment: Some(HashMap::new()) };

    let message = missing.load().expect_err("it is not there").to_string();

    assert_eq!(
        message,
        "can't read the configuration file /nowhere/weft.toml: No such file or directory (os error 2)"
    );
    assert!(refusal("[server", &[]).starts_with("weft.toml is not valid TOML: "));
}

#[test]
fn the_table_names_every_setting_and_no_other() {
    let named: BTreeSet<String> = reference::keys().map(|key| key.name.to_owned()).collect();
    let existing: BTreeSet<String> = reference::defaults().into_iter().map(|(name, _)| name).collect();

    assert_eq!(named, existing);
    assert!(markdown().contains("| `server.port` | `8080` | Port to listen on; 0 takes any free one"));
}

#[test]
fn secrets_are_never_shown() {
    let file = "[auth]\nsigning_key = \"-----BEGIN\"\n[database]\nurl = \"postgres://weft:hunter2@db:5432/weft\"";

    let config = load(file, &[]).expect("valid");

    let shown = format!("{config:?}{:?}", reference::values(&config));
    assert!(!shown.contains("hunter2") && !shown.contains("-----BEGIN"), "{shown}");
    assert_eq!(config.database.shown(), "postgres://weft:***@db:5432/weft");
}
