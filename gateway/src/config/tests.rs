//! Layers, mistakes, and that the table names every setting.

use std::collections::{BTreeSet, HashMap};

use ::files::StoreOptions;
use secrecy::ExposeSecret as _;

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
        ("WEFT_AUTH__PROVIDERS__ACME__ISSUER", "https://id.example"),
        ("WEFT_AUTH__PROVIDERS__ACME__AUDIENCE", "weft, shop"),
        ("WEFT_AUTH__PROVIDERS__ACME__LINK_VERIFIED_EMAILS", "true"),
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
    assert_eq!(config.auth.providers["acme"].issuer, "https://id.example");
    assert_eq!(config.auth.providers["acme"].audience, ["weft", "shop"]);
    assert!(config.auth.providers["acme"].link_verified_emails);
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
        (
            "[server]\npublic_url = \"api.example\"",
            "server.public_url: `api.example` is no address such as `https://api.example`",
        ),
        ("[files]\nurl = \"gs://bucket\"", "files.url must be a folder, or `s3://bucket/prefix`"),
        (
            "[files]\nurl = \"s3://bucket\"",
            "files.url names a bucket: set files.s3.access_key_id and files.s3.secret_access_key",
        ),
        ("[files]\nsigning_key = \"short\"", "files.signing_key must have at least 32 characters"),
        (
            "[auth.providers.acme]\nissuer = \"http://id.example\"\naudience = \"weft\"",
            "auth.providers.acme.issuer: `http://id.example` is no address such as `https://id.example` (http \
             only on this machine, or with allow_http)",
        ),
        (
            "[auth.providers.acme]\nissuer = \"https://id.example\"",
            "auth.providers.acme.client_id or audience must be set: else nobody can use it",
        ),
        (
            "[auth.providers.acme]\nissuer = \"https://id.example\"\nclient_id = \"weft\"\nscopes = \"email\"",
            "auth.providers.acme.scopes must contain `openid`: without it nobody is told who signs in",
        ),
        (
            "[auth]\nissuer = \"https://id.example\"\n[auth.providers.acme]\nissuer = \
             \"https://id.example\"\naudience = \"weft\"",
            "auth.providers.acme.issuer: `https://id.example` is the issuer of others, too",
        ),
        ("[webhooks]\nattempts = 0", "webhooks.concurrency and webhooks.attempts must be at least 1"),
        ("[webhooks]\ntimeout = \"0s\"", "webhooks.timeout must be longer than nothing, such as `1s`"),
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
    let key = users::keys::generate().expect("a key");
    let file = "[auth.providers.acme]\nissuer = \"https://id.example\"\nclient_id = \"weft\"\nclient_secret = \"hunter2\"\n[database]\nurl = \"postgres://weft:hunter2@db:5432/weft\"";

    let config = load(file, &[("WEFT_AUTH__SIGNING_KEY", key.expose_secret())]).expect("valid");

    let shown = format!("{config:?}{:?}", reference::values(&config));
    assert!(
        !shown.contains("hunter2") && !shown.contains("-----BEGIN") && !shown.contains("MC4CAQ"),
        "{shown}"
    );
    assert_eq!(config.database.shown(), "postgres://weft:***@db:5432/weft");
}

#[test]
fn files_stand_beside_the_database_unless_another_place_is_named() {
    let place = |file: &str| {
        let config = load(file, &[]).expect("valid");
        config.files.options(&config.server, &config.database).store
    };
    let folder = |file: &str| match place(file) {
        StoreOptions::Folder(folder) => folder.display().to_string(),
        StoreOptions::S3(_) => panic!("{file} is a folder"),
    };

    assert_eq!(folder(""), "data/files");
    assert_eq!(folder("[database]\nurl = \"sqlite:///var/weft/shop.db\""), "/var/weft/files");
    assert_eq!(folder("[database]\nurl = \"postgres://db/weft\""), "data/files");
    assert_eq!(folder("[files]\nurl = \"/srv/files\""), "/srv/files");
    let bucket = "[files]\nurl = \"s3://shop/a/b/\"\n[files.s3]\naccess_key_id = \"me\"\n\
                  secret_access_key = \"secret\"";
    match place(bucket) {
        StoreOptions::S3(s3) => assert_eq!((s3.bucket.as_str(), s3.prefix.as_str()), ("shop", "a/b")),
        StoreOptions::Folder(_) => panic!("it is a bucket"),
    }
}

#[test]
fn addresses_begin_where_clients_reach_the_gateway() {
    let url = |file: &str| load(file, &[]).expect("valid").server.public_url();

    assert_eq!(url(""), "http://127.0.0.1:8080");
    assert_eq!(url("[server]\nhost = \"0.0.0.0\"\nport = 80"), "http://127.0.0.1:80");
    assert_eq!(url("[server]\nhost = \"::1\""), "http://[::1]:8080");
    assert_eq!(url("[server]\npublic_url = \"https://api.example/\""), "https://api.example");
}
