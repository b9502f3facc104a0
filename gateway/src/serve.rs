//! Listening: connections in, a bounded wait for headers, and a graceful end.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo, middleware::AddExtension};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Layer as _;

use crate::http::{self, Front};

/// A short rest when the system has no file handle left for a connection.
const REST: Duration = Duration::from_millis(50);

/// The router of one connection, which knows its other end.
type Known = AddExtension<Router, ConnectInfo<SocketAddr>>;

/// Serves until `stop`, then lets running requests finish for a while and tells
/// the clients of open streams to connect elsewhere.
pub(crate) async fn serve(listener: TcpListener, front: Front, stop: &CancellationToken) {
    let (server, sockets) = (front.server.clone(), front.streams.sockets().clone());
    let router = http::router(front);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(server.header_timeout);
    http.max_buf_size(server.header_limit.get());
    let connections = TaskTracker::new();
    let places = Arc::new(Semaphore::new(server.connections.min(Semaphore::MAX_PERMITS)));
    while let Some(accepted) = stop.run_until_cancelled(accept(&listener, &places)).await {
        match accepted {
            Ok((stream, address, place)) => {
                let stream = prompt(stream, server.unread_timeout);
                let router = Extension(ConnectInfo(address)).layer(router.clone());
                let connection = follow(http.clone(), stream, router, stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(REST).await;
            }
        }
    }
    drop(listener);
    connections.close();
    sockets.close();
    let all_done = async { tokio::join!(connections.wait(), sockets.wait()) };
    if tokio::time::timeout(server.shutdown_grace, all_done).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// The next connection, when there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    Ok((stream, address, place))
}

/// One connection to its end; after `stop` it ends with the running request.
async fn follow(http: http1::Builder, stream: TcpStream, router: Known, stop: CancellationToken) {
    let service = TowerToHyperService::new(router);
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut connection = pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // A client that goes away is no failure of ours.
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Small answers should not wait for the next packet.
fn prompt(stream: TcpStream, unread: Duration) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection stays without TCP_NODELAY");
    }
    // A client that takes nothing for so long is gone: nothing else ends a
    // connection whose answer nobody reads.
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(unread)) {
        tracing::debug!(%error, "a connection stays without TCP_USER_TIMEOUT");
    }
    stream
}

/// Ends with Ctrl-C or SIGTERM; a second one ends the process at once.
pub(crate) async fn until_signal(stop: CancellationToken) {
    interrupted().await;
    tracing::info!("stopping: running requests may finish, a second signal ends at once");
    stop.cancel();
    interrupted().await;
    std::process::exit(130);
}

#[cfg(unix)]
async fn interrupted() {
    let mut terminate =
        signal::unix::signal(signal::unix::SignalKind::terminate()).expect("signals can be listened to");
    tokio::select! {
        _ = signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    // Without a signal to wait for, only the process's end stops it.
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
