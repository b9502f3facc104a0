//! Conformance suites of others, run against the gateway behind a port.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use gateway::{Config, GraphConfig, LimitsConfig};
use tests::{Process, TestApp, peers};
use tokio::{process::Command, sync::OnceCell};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("suites")
}

/// The suites with their packages installed, outside the checkout.
pub(crate) async fn installed() -> Option<&'static Path> {
    static INSTALLED: OnceCell<PathBuf> = OnceCell::const_new();
    if !peers::has("node") || !peers::has("npm") {
        return None;
    }
    let install = async || {
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("suites");
        std::fs::create_dir_all(copy.join("lib")).expect("a folder for the suites");
        for file in std::fs::read_dir(folder()).expect("the suites").flatten() {
            if file.path().is_file() {
                std::fs::copy(file.path(), copy.join(file.file_name())).expect("a copy");
            }
        }
        std::fs::copy(folder().join("lib/env.mjs"), copy.join("lib/env.mjs")).expect("a copy");
        install_packages(&copy).await;
        copy
    };
    Some(INSTALLED.get_or_init(install).await)
}

/// Installs the packages of a folder's lock file, unless they are there already.
pub(crate) async fn install_packages(folder: &Path) {
    let lock = std::fs::read(folder.join("package-lock.json")).expect("the lock file");
    let stamp = folder.join("node_modules/.installed");
    if std::fs::read(&stamp).ok().as_ref() != Some(&lock) {
        let npm = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
        let done = Command::new("npm").args(npm).current_dir(folder).output().await.expect("npm runs");
        assert!(done.status.success(), "npm ci: {}", String::from_utf8_lossy(&done.stderr));
        std::fs::write(&stamp, &lock).expect("a stamp");
    }
}

/// Runs a suite to its end.
async fn output(folder: &Path, suite: &str, argument: &str) -> Output {
    let own = folder.join(suite.replace(".mjs", ".profile.json"));
    let profile = if own.exists() { own } else { folder.join("profile.json") };
    Command::new("node")
        .args([suite, argument])
        .env("PROFILE", profile)
        .env("TMPDIR", env!("CARGO_TARGET_TMPDIR"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("node runs")
}

/// As the product comes, not as most tests want it.
fn by_default(config: &mut Config) {
    config.limits = LimitsConfig::default();
    config.graph = GraphConfig::default();
}

/// A gateway whose answers look as they do by default.
pub(crate) async fn telling_costs() -> TestApp {
    TestApp::sqlite_with(by_default).await
}

/// Runs a suite; all cases that are required must pass, and `soft` of the others.
pub(crate) async fn run(folder: &Path, suite: &str, argument: &str, soft: Option<usize>) {
    let done = output(folder, suite, argument).await;
    let text = String::from_utf8_lossy(&done.stdout);
    let failed: Vec<&str> =
        text.lines().filter(|line| line.starts_with("FAIL") || line.starts_with("warn")).collect();
    let summary = text.lines().last().unwrap_or_default();
    assert!(
        done.status.success(),
        "{suite}: {summary}\n{}\n{}",
        failed.join("\n"),
        String::from_utf8_lossy(&done.stderr)
    );
    let others = text.lines().find_map(|line| line.strip_prefix("not required: "));
    if let (Some(soft), Some(others)) = (soft, others) {
        assert_eq!(others, format!("{soft}/{soft}"), "{suite}: {}", failed.join("\n"));
    }
}

#[tokio::test]
async fn graphql_over_http_passes_all_audits() {
    let Some(folder) = installed().await else { return };
    let app = telling_costs().await;
    let served = app.serve().await;

    run(folder, "graphql-http.mjs", &format!("{}/graphql", served.url), Some(48)).await;

    drop(served);
    app.stop().await;
}

/// The product in a process of its own, configured as it comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_input_is_refused_and_leaves_the_process_small() {
    const MOST: u64 = 300 << 20;
    let Some(folder) = installed().await else { return };
    let app = telling_costs().await;
    let settings = [("WEFT_DATABASE__URL", app.database_url())];
    let mut process = Process::start(env!("CARGO_BIN_EXE_weft-under-test"), &settings).await;

    run(folder, "security.mjs", &format!("{}/graphql", process.url()), None).await;

    assert!(process.is_running());
    let memory = process.memory();
    assert!(memory.is_none_or(|memory| memory < MOST), "{memory:?} bytes");
    drop(process);
    app.stop().await;
}

#[tokio::test]
async fn validation_agrees_with_graphql_js() {
    let Some(folder) = installed().await else { return };
    let app = telling_costs().await;
    let served = app.serve().await;

    run(folder, "validation.mjs", &format!("{}/graphql", served.url), None).await;

    drop(served);
    app.stop().await;
}

#[tokio::test]
async fn relay_pages_and_refetches() {
    let Some(folder) = installed().await else { return };
    let app = telling_costs().await;
    let served = app.serve().await;

    run(folder, "relay.mjs", &format!("{}/graphql", served.url), None).await;

    drop(served);
    app.stop().await;
}

#[tokio::test]
async fn code_generators_and_linters_take_the_schema() {
    let Some(folder) = installed().await else { return };
    let app = telling_costs().await;
    let served = app.serve().await;

    run(folder, "codegen.mjs", &format!("{}/graphql", served.url), None).await;

    drop(served);
    app.stop().await;
}

/// The cases that want a file taken in a GraphQL request. We take none: such a
/// request needs no preflight, and fits neither a socket nor a subgraph. That it
/// is refused is among the other cases.
const UPLOADS: [&str; 4] = ["up-one", "up-many", "up-same", "u-upload"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apollo_client_and_urql_work_in_all_but_uploads() {
    let Some(folder) = installed().await else { return };
    let app = TestApp::sqlite_with(|config| {
        by_default(config);
        // One case looks for an answer that a CDN may keep.
        config.persisted_queries.max_age = Duration::from_secs(60);
    })
    .await;
    let served = app.serve().await;

    let done = output(folder, "clients.mjs", &format!("{}/graphql", served.url)).await;

    let text = String::from_utf8_lossy(&done.stdout);
    let (mut passed, mut failed) = (0, Vec::new());
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.nth(1)) {
            (Some("ok"), Some(_)) => passed += 1,
            (Some("FAIL" | "warn"), Some(case)) => failed.push(case),
            _ => {}
        }
    }
    assert_eq!(failed, UPLOADS, "{text}{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(passed, 27, "{text}");
    drop(served);
    app.stop().await;
}

#[tokio::test]
async fn two_reference_composers_agree_with_ours() {
    let Some(folder) = installed().await else { return };
    let app = telling_costs().await;
    let subgraphs = tempfile::tempdir().expect("a temporary folder");
    for subgraph in app.app().engine().subgraphs() {
        let file = subgraphs.path().join(format!("{}.graphql", subgraph.name));
        std::fs::write(file, &subgraph.sdl).expect("a file");
    }
    std::fs::write(subgraphs.path().join("public.schema"), app.app().engine().sdl()).expect("a file");

    run(folder, "compose.mjs", &subgraphs.path().display().to_string(), None).await;

    app.stop().await;
}

#[tokio::test]
async fn the_playground_works_offline_in_a_browser() {
    let Some(folder) = installed().await else { return };
    if !peers::has("chromium") {
        return;
    }
    let app = telling_costs().await;
    let served = app.serve().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../playground/test/browser.mjs");
    // Beside the suites' packages, where playwright-core is found.
    let copy = folder.join("browser.mjs");
    std::fs::copy(script, &copy).expect("a copy");
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("playground.png");

    let done = Command::new("node")
        .arg(&copy)
        .args([served.url.as_str(), &picture.display().to_string()])
        .stdin(Stdio::null())
        .output()
        .await
        .expect("node runs");

    let (steps, problem) =
        (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{steps}\n{problem}");
    drop(served);
    app.stop().await;
}
