//! `weft modules`: how the modules are, and where they run.

use kit::Health;

use super::{Failure, out};
use crate::{App, Config, Extra};

pub(super) async fn run(mut config: Config) -> Result<(), Failure> {
    config.database.seed_demo = false;
    let disabled = config.modules.disabled.clone();
    let app = App::start(config, Extra::default()).await?;
    let mut rows = vec![["module", "health", "workers", "runs"].map(str::to_owned).to_vec()];
    for module in app.watcher().modules().await {
        rows.push(vec![
            module.name,
            told(&module.health),
            module.workers.to_string(),
            module.url.unwrap_or_else(|| "in-process".to_owned()),
        ]);
    }
    rows.extend(disabled.into_iter().map(|name| vec![name, "switched off".to_owned()]));
    app.stop().await;
    out::result(&out::table(&rows));
    Ok(())
}

/// Health in one line.
pub(super) fn told(health: &Health) -> String {
    match health {
        Health::Up => "up".to_owned(),
        Health::Degraded(reason) => format!("degraded: {reason}"),
        Health::Down(reason) => format!("down: {reason}"),
    }
}
