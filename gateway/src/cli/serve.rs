//! `weft serve`: the graph over HTTP.

use std::net::{IpAddr, SocketAddr};

use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Failure, out, production, progress::Bars};
use crate::{
    App, Config, Extra, ServerConfig, Sources,
    database::{self, Ready},
    serve,
};

#[derive(Debug, Default, Args)]
#[command(after_help = "\
The embedded database is created, migrated and, while it is empty, filled with demo data.
A Postgres database is migrated only with --migrate or `database.migrate = true`.

Examples:
  weft serve
  weft serve --host 0.0.0.0 --port 80 --production
  WEFT_DATABASE__URL=postgres://weft:secret@db/weft weft serve --migrate")]
pub(super) struct Arguments {
    /// Address to listen on, instead of `server.host`.
    #[arg(long)]
    host: Option<IpAddr>,
    /// Port to listen on, instead of `server.port`.
    #[arg(long)]
    port: Option<u16>,
    /// Apply pending migrations to a Postgres database first.
    #[arg(long)]
    migrate: bool,
    /// Refuse to start while anything is open that strangers must not find.
    #[arg(long)]
    production: bool,
}

pub(super) async fn run(
    arguments: Arguments,
    mut config: Config,
    sources: &Sources,
) -> Result<(), Failure> {
    config.server.host = arguments.host.unwrap_or(config.server.host);
    config.server.port = arguments.port.unwrap_or(config.server.port);
    config.database.migrate |= arguments.migrate;
    if arguments.production {
        let problems = production::problems(&config, sources)?;
        if !problems.is_empty() {
            return Err(Failure::Usage(production::refusal(&problems)));
        }
    }

    let bars = Bars::default();
    let progress = |what, done, total| bars.show(what, done, total);
    let Ready { db, was_seeded } = database::ready(&config, &progress).await?;
    let (server, place) = (config.server.clone(), config.database.shown());
    let app = App::start_on(db, config, Extra::default()).await?;
    if arguments.production && app.demo().await.is_some() {
        app.stop().await;
        return Err(Failure::Usage(production::refusal(&[production::DEMO_ACCOUNTS.to_owned()])));
    }
    let listener = match listen(&server).await {
        Ok(listener) => listener,
        Err(failure) => {
            app.stop().await;
            return Err(failure);
        }
    };
    announce(&app, &listener, &server, &place, was_seeded).await;

    let stop = CancellationToken::new();
    tokio::spawn(serve::until_signal(stop.clone()));
    serve::serve(listener, app.front(stop.clone()), &stop).await;
    app.stop().await;
    Ok(())
}

/// Opens the port.
pub(super) async fn listen(server: &ServerConfig) -> Result<TcpListener, Failure> {
    let address = SocketAddr::new(server.host, server.port);
    TcpListener::bind(address).await.map_err(|error| {
        Failure::Failed(format!(
            "can't listen on {address}: {error} (choose another with --port, server.port or \
             WEFT_SERVER__PORT)"
        ))
    })
}

/// Where to go first, on stderr.
async fn announce(
    app: &App,
    listener: &TcpListener,
    server: &ServerConfig,
    database: &str,
    was_seeded: bool,
) {
    let base = base(listener, server);
    let mut lines = vec![format!("weft {} is ready\n", env!("CARGO_PKG_VERSION"))];
    if server.playground {
        lines.push(format!("  playground   {base}/"));
    }
    lines.push(format!("  graph        {base}/graphql"));
    let added = if was_seeded { ", demo data added just now" } else { "" };
    lines.push(format!("  database     {database}{added}"));
    if let Some(password) = app.demo().await {
        lines.push(format!("  sign in      as any demo account, password {password}"));
    }
    lines.push(String::new());
    out::say(&lines.join("\n"));
}

/// The address to type into a browser on this machine.
pub(super) fn base(listener: &TcpListener, server: &ServerConfig) -> String {
    let port = listener.local_addr().map_or(server.port, |address| address.port());
    let host = match server.host {
        host if host.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        host => host,
    };
    format!("http://{}", SocketAddr::new(host, port))
}
