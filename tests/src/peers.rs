//! Programs that tests need and the product does not. Where one is missing a
//! test says so and skips; where `WEFT_REQUIRE_PEERS` is set, as in CI, a
//! missing program is a failure.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Whether a program can be run; says so when not.
///
/// # Panics
/// When it is missing and peers are required.
#[must_use]
pub fn has(program: &str) -> bool {
    let found =
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        missing(program);
    }
    found
}

/// Says that a program is missing and its test skipped.
///
/// # Panics
/// When peers are required.
pub fn missing(program: &str) {
    #[expect(clippy::disallowed_methods, reason = "the harness has no configuration of its own")]
    let is_required = std::env::var("WEFT_REQUIRE_PEERS").is_ok_and(|value| value != "0");
    assert!(!is_required, "{program} is not installed, and WEFT_REQUIRE_PEERS is set");
    eprintln!("skipped: {program} is not installed");
}

/// Python with the packages that are wanted, in an environment of its own; `None`
/// where either can't be had, and `name` is said to be missing.
///
/// # Panics
/// When peers are required.
pub async fn python(venv: &Path, wanted: &Path, name: &str) -> Option<PathBuf> {
    static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _alone = ONE.lock().await;
    if !has("python3") {
        return None;
    }
    let (stamp, python) = (venv.join(".installed"), venv.join("bin/python"));
    let lock = std::fs::read(wanted).expect("the requirements");
    if std::fs::read(&stamp).ok().as_ref() == Some(&lock) {
        return Some(python);
    }
    let made = tokio::process::Command::new("python3").args(["-m", "venv"]).arg(venv).output().await;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    let done = tokio::process::Command::new(&python).args(pip).arg(wanted).output().await;
    let is_done = |outcome: &std::io::Result<std::process::Output>| {
        outcome.as_ref().is_ok_and(|output| output.status.success())
    };
    if !is_done(&made) || !is_done(&done) {
        missing(name);
        return None;
    }
    std::fs::write(&stamp, &lock).expect("a stamp");
    Some(python)
}
