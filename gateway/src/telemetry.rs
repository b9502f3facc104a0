//! The log: lines on stderr, so that results on stdout stay clean.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::{ConfigError, LogFormat, TelemetryConfig};

/// Sends log lines to stderr, and panics into the log.
///
/// # Errors
/// When the filter can't be read.
pub(crate) fn start(config: &TelemetryConfig) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| {
        let given = &config.filter;
        ConfigError::Value(format!(
            "telemetry.filter: `{given}` is no filter such as `info,schema=debug` ({error})"
        ))
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let is_terminal = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal);
    let started = match config.format {
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        LogFormat::Pretty => registry.with(lines.compact().with_target(false)).try_init(),
    };
    // A second start in one process keeps the first one's subscriber.
    if started.is_ok() {
        log_panics();
    }
    Ok(())
}

/// One line for a panic, with its place; the request that met it is answered.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let payload = panic.payload();
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        tracing::error!(panic.place = place, "panicked: {message}");
    }));
}
