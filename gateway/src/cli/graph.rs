//! `weft graph`: any federated graph, from a supergraph or from subgraphs, all
//! over HTTP and without modules.

use std::{collections::HashMap, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use kit::SystemClock;
use schema::{
    Engine, HttpSubgraph, SubgraphSource, Transport,
    compose::SubgraphSdl,
    fetch_sdl,
    planner::{HivePlanner, Planner as _},
};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{
    Failure, out,
    schema::read,
    serve::{base, listen},
};
use crate::{Config, budgets::Budgets, http, remote, serve};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve a graph at `/graphql`, its health at `/health`.
    Serve(Arguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
The subgraphs are a JSON list of {\"name\", \"url\", \"sdl\"}; without \"sdl\" the subgraph is asked
for it. The client's bearer token goes to the subgraphs as it is.

Examples:
  weft graph serve --supergraph supergraph.graphql --port 4000
  weft graph serve --subgraphs subgraphs.json --port 4000")]
pub(super) struct Arguments {
    /// A composed supergraph, whose join__graph addresses are asked.
    #[arg(long, value_name = "FILE", required_unless_present = "subgraphs")]
    supergraph: Option<PathBuf>,
    /// Subgraphs to compose.
    #[arg(long, value_name = "FILE", conflicts_with = "supergraph")]
    subgraphs: Option<PathBuf>,
    /// Address to listen on, instead of `server.host`.
    #[arg(long)]
    host: Option<IpAddr>,
    /// Port to listen on, instead of `server.port`.
    #[arg(long)]
    port: Option<u16>,
    /// How long one call to a subgraph may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,
}

/// A subgraph of the list.
#[derive(Deserialize)]
struct Listed {
    name: String,
    url: String,
    sdl: Option<String>,
}

pub(super) async fn run(command: Command, mut config: Config) -> Result<(), Failure> {
    let Command::Serve(arguments) = command;
    config.server.host = arguments.host.unwrap_or(config.server.host);
    config.server.port = arguments.port.unwrap_or(config.server.port);
    let client = remote::client().map_err(|error| Failure::Failed(error.to_string()))?;
    let timeout = Duration::from_secs(arguments.timeout);
    let engine = match (&arguments.supergraph, &arguments.subgraphs) {
        (Some(file), _) => from_supergraph(read(file)?, &client, timeout, &config)?,
        (None, Some(file)) => from_subgraphs(&read(file)?, &client, timeout, &config).await?,
        (None, None) => return Err(Failure::Usage("name a --supergraph or --subgraphs".to_owned())),
    };
    // Nobody here reads tokens: the subgraphs do.
    let engine = engine.leaving_guards_to_subgraphs();

    let listener = listen(&config.server).await?;
    out::say(&format!("the graph answers at {}/graphql", base(&listener, &config.server)));
    let stop = CancellationToken::new();
    tokio::spawn(serve::until_signal(stop.clone()));
    let front = http::Front {
        engine,
        proxies: http::Proxies::of(&config.server),
        budgets: Arc::new(Budgets::new(&config)),
        server: config.server.clone(),
        realtime: config.realtime.clone(),
        streams: http::Streams::new(&config.realtime),
        persisted: http::PersistedQueries::new(&config.persisted_queries),
        clock: Arc::new(SystemClock),
        hooks: kit::Hooks::default(),
        limits: config.graph.limits.clone(),
        ports: None,
        db: None,
        health: None,
        subgraphs: HashMap::new(),
        stop: stop.clone(),
        draining: stop.clone(),
    };
    serve::serve(listener, front, &stop).await;
    Ok(())
}

fn from_supergraph(
    supergraph: String,
    client: &reqwest::Client,
    timeout: Duration,
    config: &Config,
) -> Result<Engine, Failure> {
    let failed = |error: schema::EngineError| Failure::Failed(error.to_string());
    let subgraphs = HivePlanner::new(&supergraph).map_err(failed)?.subgraphs();
    let transports = subgraphs.into_iter().map(|(name, url)| {
        let way: Arc<dyn Transport> = Arc::new(HttpSubgraph::new(client.clone(), &name, &url, timeout));
        (name, way)
    });
    Engine::from_supergraph(supergraph, transports.collect(), config.graph.limits.clone())
        .map_err(failed)
}

async fn from_subgraphs(
    list: &str,
    client: &reqwest::Client,
    timeout: Duration,
    config: &Config,
) -> Result<Engine, Failure> {
    let list: Vec<Listed> = serde_json::from_str(list)
        .map_err(|error| Failure::Usage(format!("the list of subgraphs can't be read: {error}")))?;
    let mut sources = Vec::new();
    for Listed { name, url, sdl } in list {
        let sdl = match sdl {
            Some(sdl) => sdl,
            None => fetch_sdl(client, &url).await.map_err(|reason| {
                Failure::Failed(format!("the subgraph `{name}` at {url} gave no schema: {reason}"))
            })?,
        };
        sources.push(SubgraphSource {
            transport: Arc::new(HttpSubgraph::new(client.clone(), &name, &url, timeout)),
            sdl: SubgraphSdl { name, url, sdl },
        });
    }
    let composed = Engine::compose_with_gaps(sources, config.graph.limits.clone());
    let (engine, gaps) = composed.map_err(|error| Failure::Failed(error.to_string()))?;
    if let Some(gaps) = gaps {
        tracing::warn!(%gaps, "the graph has fields that can't be resolved");
    }
    Ok(engine)
}
