//! The subscribers: thousands of sockets in one task each, which count what
//! arrives.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _, stream};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::Notify,
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest as _, protocol::WebSocketConfig},
};

/// Sockets that are opened at a time.
const AT_ONCE: usize = 64;
/// Sockets from one address: it has some 28,000 ports for them.
const FROM_ONE: usize = 5_000;
/// An event that takes longer is lost.
const LOST: Duration = Duration::from_secs(60);

/// The open sockets.
pub(crate) struct Clients {
    tasks: Vec<JoinHandle<()>>,
    count: Arc<Count>,
}

/// What has arrived.
#[derive(Default)]
struct Count {
    events: AtomicUsize,
    wanted: AtomicUsize,
    /// When the last wanted one came.
    last: Mutex<Option<Instant>>,
    complete: Notify,
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Clients {
    /// Opens `number` sockets; `hello` is what each says first, and how many
    /// messages answer that before the events come.
    pub(crate) async fn open(
        port: u16,
        path: &str,
        number: usize,
        answers: usize,
        hello: impl Fn(usize) -> Vec<String>,
    ) -> Self {
        let count = Arc::new(Count::default());
        let tasks = stream::iter(0..number)
            .map(|index| {
                let hello = hello(index);
                async move {
                    let mut socket = connect(port, path, index).await;
                    for text in hello {
                        socket.send(Message::text(text)).await.expect("the server listens");
                    }
                    for _ in 0..answers {
                        socket.next().await.expect("an answer").expect("an open socket");
                    }
                    socket
                }
            })
            .buffer_unordered(AT_ONCE)
            .map(|socket| tokio::spawn(follow(socket, count.clone())))
            .collect()
            .await;
        Self { tasks, count }
    }

    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// How long it takes from the start of `publish` until `wanted` sockets
    /// have been told.
    pub(crate) async fn time(&self, wanted: usize, publish: impl Future<Output = ()>) -> Duration {
        self.count.events.store(0, Ordering::SeqCst);
        self.count.wanted.store(wanted, Ordering::SeqCst);
        let start = Instant::now();
        let arrive = tokio::time::timeout(LOST, self.count.complete.notified());
        let ((), arrived) = tokio::join!(publish, arrive);
        arrived.expect("every subscriber is told");
        let last = self.count.last.lock().expect("no panic").take();
        last.expect("the last one was noted").duration_since(start)
    }

    /// Events that came beside those that were wanted.
    pub(crate) fn surplus(&self) -> usize {
        let (events, wanted) = (&self.count.events, &self.count.wanted);
        events.load(Ordering::SeqCst).saturating_sub(wanted.load(Ordering::SeqCst))
    }
}

/// A socket from 127.0.0.1, .2, .3, … to the server.
pub(crate) async fn connect(port: u16, path: &str, index: usize) -> WebSocketStream<TcpStream> {
    let last = u8::try_from(1 + index / FROM_ONE).expect("a few addresses");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))
        .expect("an address of the loopback");
    let stream = socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    let stream = stream.expect("the server accepts (is `ulimit -n` large enough?)");
    stream.set_nodelay(true).expect("an option of the socket");
    let mut request = format!("ws://127.0.0.1:{port}{path}").into_client_request().expect("a request");
    let protocol = "graphql-transport-ws".parse().expect("a header value");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let config = WebSocketConfig::default().read_buffer_size(1_024).write_buffer_size(1_024);
    client_async_with_config(request, stream, Some(config)).await.expect("a WebSocket").0
}

async fn follow(mut socket: WebSocketStream<TcpStream>, count: Arc<Count>) {
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        assert!(text.contains("\"type\":\"next\""), "{text}");
        let events = count.events.fetch_add(1, Ordering::SeqCst) + 1;
        if events == count.wanted.load(Ordering::SeqCst) {
            *count.last.lock().expect("no panic") = Some(Instant::now());
            count.complete.notify_one();
        }
    }
}
