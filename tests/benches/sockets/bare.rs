//! The limit: a server that hands each message on to the sockets of its topic
//! and does nothing else.

use std::{
    collections::HashMap,
    process::ExitCode,
    sync::{Arc, Mutex},
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::broadcast::{Sender, error::RecvError},
};
use tokio_tungstenite::{
    accept_hdr_async_with_config,
    tungstenite::{
        Message, Utf8Bytes,
        handshake::server::{Request, Response},
        protocol::WebSocketConfig,
    },
};

use crate::{
    FEW, Row,
    clients::{self, Clients},
    cost,
    process::Server,
};

/// As long as the messages of the graph.
const MESSAGE: &str = r#"{"id":"1","type":"next","payload":{"data":{"productEvents":{"cursor":"AAAAAAAAAAAAAAAAAAAAAQ","changed":["CONTENT"],"product":{"id":"prod_01J00000000000000000000000","title":"A title that changes"}}}}}"#;

type Topics = Arc<Mutex<HashMap<String, Sender<Utf8Bytes>>>>;

/// Serves until killed.
pub(crate) fn serve(port: u16) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
        let topics = Topics::default();
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(follow(stream, topics.clone()));
        }
    })
}

async fn follow(stream: TcpStream, topics: Topics) {
    stream.set_nodelay(true).expect("an option of the socket");
    let config = WebSocketConfig::default().read_buffer_size(1_024).write_buffer_size(1_024);
    let Ok(mut socket) = accept_hdr_async_with_config(stream, protocol, Some(config)).await else {
        return;
    };
    let Some(Ok(Message::Text(first))) = socket.next().await else { return };
    let topic = |name: &str| {
        let mut topics = topics.lock().expect("no panic");
        topics.entry(name.to_owned()).or_insert_with(|| Sender::new(32)).clone()
    };
    if first.as_str() == "publish" {
        while let Some(Ok(Message::Text(name))) = socket.next().await {
            let _ = topic(&name).send(MESSAGE.into());
        }
        return;
    }
    let mut events = topic(&first).subscribe();
    socket.send(Message::text("joined")).await.expect("an open socket");
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(text) => if socket.send(Message::Text(text)).await.is_err() { return },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            message = socket.next() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
}

#[expect(clippy::result_large_err, reason = "the library's signature")]
fn protocol(
    _: &Request,
    mut response: Response,
) -> Result<Response, tokio_tungstenite::tungstenite::handshake::server::ErrorResponse> {
    let protocol = "graphql-transport-ws".parse().expect("a header value");
    response.headers_mut().insert("sec-websocket-protocol", protocol);
    Ok(response)
}

/// The line of the table.
pub(crate) async fn measure(sockets: usize, events: usize) -> Row {
    eprintln!("bare: {sockets} sockets");
    let server = Server::start("--serve-bare", &[]).await;
    let mut publisher = clients::connect(server.port, "/", 0).await;
    publisher.send(Message::text("publish")).await.expect("an open socket");
    let before = server.resident();
    let clients = Clients::open(server.port, "/", sockets, 1, |_| vec!["all".to_owned()]).await;
    let bytes = cost(&server, before, &clients).await;
    let mut all = Vec::new();
    for _ in 0..events {
        let publish = async { publisher.send(Message::text("all")).await.expect("an open socket") };
        all.push(clients.time(sockets, publish).await);
    }
    drop((clients, publisher, server));

    let server = Server::start("--serve-bare", &[]).await;
    let mut publisher = clients::connect(server.port, "/", 0).await;
    publisher.send(Message::text("publish")).await.expect("an open socket");
    let topics = sockets / FEW;
    let clients =
        Clients::open(server.port, "/", sockets, 1, |index| vec![(index % topics).to_string()]).await;
    let mut few = Vec::new();
    for event in 0..events * 10 {
        let topic = Message::text((event * 7 % topics).to_string());
        let publish = async { publisher.send(topic).await.expect("an open socket") };
        few.push(clients.time(FEW, publish).await);
    }
    assert_eq!(clients.surplus(), 0);
    Row { title: "bare broadcast", bytes, all, few }
}
