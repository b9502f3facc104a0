//! Whether the process lives, and whether it should get requests.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use kit::Health;
use serde_json::{Value, json};

use super::Front;

/// The process runs and answers.
pub(super) async fn live() -> Json<Value> {
    Json(json!({ "status": "up" }))
}

/// How everything is: 503 when requests should go elsewhere.
pub(super) async fn ready(State(front): State<Arc<Front>>) -> Response {
    if front.draining.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "stopping" }))).into_response();
    }
    let Some(watcher) = &front.health else { return live().await.into_response() };
    let database = watcher.database().await;
    let modules = watcher.modules().await;
    let bus = watcher.bus();
    let limits = front.budgets.health().await;
    let all = modules.iter().map(|module| &module.health).chain([&database]).chain(&bus).chain(&limits);
    let overall = overall(all);
    let modules: Vec<Value> = modules
        .iter()
        .map(|module| {
            let runs = if module.url.is_some() { "remote" } else { "in-process" };
            let mut report = told(&module.health);
            report["name"] = json!(module.name);
            report["runs"] = json!(runs);
            report["workers"] = json!(module.workers);
            report
        })
        .collect();
    let status = match overall {
        "down" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    let mut report = json!({ "status": overall, "database": told(&database), "modules": modules });
    if let Some(bus) = &bus {
        report["redis"] = told(bus);
    }
    if let Some(limits) = &limits {
        report["limits"] = told(limits);
    }
    (status, Json(report)).into_response()
}

fn told(health: &Health) -> Value {
    match health {
        Health::Up => json!({ "status": "up" }),
        Health::Degraded(reason) => json!({ "status": "degraded", "reason": reason }),
        Health::Down(reason) => json!({ "status": "down", "reason": reason }),
    }
}

/// The worst of all.
fn overall<'h>(all: impl Iterator<Item = &'h Health>) -> &'static str {
    let worst = all.map(|health| match health {
        Health::Up => (0, "up"),
        Health::Degraded(_) => (1, "degraded"),
        Health::Down(_) => (2, "down"),
    });
    worst.max().map_or("up", |(_, word)| word)
}
