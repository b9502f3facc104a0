//! Programs that tests need and the product does not. Where one is missing a
//! test says so and skips; where `WEFT_REQUIRE_PEERS` is set, as in CI, a
//! missing program is a failure.

use std::process::Command;

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
