//! The HTTP front door: routes, and what every request passes on its way.

mod accept;
mod body;
mod csrf;
mod documents;
mod errors;
mod files;
mod graphql;
mod health;
mod identity;
mod invoices;
mod multipart;
mod origin;
mod payments;
mod persisted;
mod playground;
mod request;
mod sse;
mod stream;
mod subgraphs;
mod toll;
mod trace;
mod unsubscribe;
mod websocket;

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::IntoResponse as _,
    routing::{any, get, post},
};
use kit::{Clock, Database, Hooks, Refusals, Subgraph, ports::Ports};
use schema::{Engine, Limits};
use tokio_util::sync::CancellationToken;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate as _,
        predicate::{DefaultPredicate, NotForContentType, SizeAbove},
    },
    cors::{AllowOrigin, CorsLayer},
};

pub(crate) use origin::Proxies;
pub(crate) use persisted::PersistedQueries;
pub(crate) use stream::Streams;

use crate::{RealtimeConfig, ServerConfig, app::Watcher, budgets::Budgets};

/// Smaller answers are not worth compressing.
const COMPRESS_ABOVE: u16 = 1_024;

/// What the front door needs to know.
pub(crate) struct Front {
    pub(crate) engine: Engine,
    pub(crate) server: ServerConfig,
    pub(crate) realtime: RealtimeConfig,
    pub(crate) limits: Limits,
    /// What callers may spend.
    pub(crate) budgets: Arc<Budgets>,
    /// Tells clients by their addresses.
    pub(crate) proxies: Proxies,
    /// Where identity, keys and demo accounts are found; `None` for a graph
    /// without modules, whose subgraphs look at tokens themselves.
    pub(crate) ports: Option<Ports>,
    /// Where refusals are told; `None` for a graph without modules.
    pub(crate) db: Option<Database>,
    /// `None` for a graph without modules.
    pub(crate) health: Option<Watcher>,
    pub(crate) subgraphs: HashMap<&'static str, Arc<dyn Subgraph>>,
    /// Decides when a token has expired.
    pub(crate) clock: Arc<dyn Clock>,
    /// Asked before, and told after, somebody is let in.
    pub(crate) hooks: Hooks,
    /// The open streams.
    pub(crate) streams: Streams,
    /// The documents that clients may ask by their hash.
    pub(crate) persisted: PersistedQueries,
    /// Cancelled when open streams must end.
    pub(crate) stop: CancellationToken,
    /// Cancelled when no new request should come any more.
    pub(crate) draining: CancellationToken,
}

impl Front {
    /// Takes what one request is refused.
    pub(crate) fn refusals(&self) -> Refusals {
        let db = self.db.clone();
        db.map_or_else(Refusals::default, |db| Refusals::new(db, self.clock.clone()))
    }

    /// Waits until streams must end: their clients should connect elsewhere.
    pub(crate) async fn stopping(&self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.draining.cancelled() => {}
        }
    }
}

/// All routes of one graph.
pub(crate) fn router(front: Front) -> Router {
    let front = Arc::new(front);
    let server = &front.server;
    let mut router = Router::new()
        .route("/graphql", any(graphql::serve))
        .route("/health", get(health::ready))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/.well-known/jwks.json", get(documents::keys))
        .route(payments::ROUTE, post(payments::receive))
        .route(files::ROUTE, get(files::send).put(files::receive))
        .route(invoices::ROUTE, get(invoices::send))
        .route(unsubscribe::ROUTE, get(unsubscribe::ask).post(unsubscribe::end));
    if server.introspection {
        router = router.route("/schema.graphql", get(documents::schema));
    }
    if server.playground {
        router = router
            .route("/", get(playground::index))
            .route("/assets/{*path}", get(playground::asset))
            .route("/licenses.md", get(playground::licenses))
            .route("/playground/demo-users.json", get(documents::demo_users));
    }
    if server.expose_subgraphs {
        router = router.route("/subgraphs/{name}", post(subgraphs::serve));
    }
    let router = router.fallback(nothing_here).with_state(front.clone());
    let router = match server.cors.origins.is_empty() {
        true => router,
        false => router.layer(cors(server)),
    };
    let router = match server.compression {
        true => router.layer(
            CompressionLayer::new().compress_when(
                DefaultPredicate::new()
                    .and(SizeAbove::new(COMPRESS_ABOVE))
                    // A compressor would hold events back.
                    .and(NotForContentType::const_new("multipart/mixed")),
            ),
        ),
        false => router,
    };
    router
        .layer(CatchPanicLayer::custom(errors::panicked))
        .layer(axum::middleware::from_fn(trace::follow))
}

async fn nothing_here() -> axum::response::Response {
    (StatusCode::NOT_FOUND, "nothing here; the graph answers at /graphql\n").into_response()
}

fn cors(server: &ServerConfig) -> CorsLayer {
    let allowed = server.cors.clone();
    let origin = match server.cors.origins.iter().any(|origin| origin == "*") {
        true => AllowOrigin::any(),
        false => AllowOrigin::predicate(move |origin: &HeaderValue, _| {
            origin.to_str().is_ok_and(|origin| allowed.allows(origin))
        }),
    };
    let mut headers = vec![
        header::ACCEPT,
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        HeaderName::from_static("idempotency-key"),
        sse::TOKEN,
        trace::REQUEST_ID,
    ];
    headers.extend(csrf::PREFLIGHT_HEADERS);
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(headers)
        .expose_headers([trace::REQUEST_ID, header::RETRY_AFTER])
        .allow_credentials(server.cors.credentials)
        .max_age(server.cors.max_age)
}
