//! A client of graphql-transport-ws.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{Client, Served};

/// A socket to a gateway.
pub struct Socket(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

impl Socket {
    /// Opens a socket and asks for a connection; the answer comes as the first
    /// message.
    ///
    /// # Panics
    /// When the gateway takes no sockets.
    pub async fn open(served: &Served, payload: Value) -> Self {
        let url = format!("{}/graphql", served.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("a request");
        let protocol = "graphql-transport-ws".parse().expect("a header value");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (socket, _) = connect_async(request).await.expect("the gateway takes sockets");
        let mut socket = Self(socket);
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        socket
    }

    /// A connected socket of this client with one subscription.
    ///
    /// # Panics
    /// When the gateway does not take it.
    pub async fn subscribed(served: &Served, client: &Client, query: &str, variables: Value) -> Self {
        let payload = match client.token() {
            Some(token) => json!({ "authorization": format!("Bearer {token}") }),
            None => json!({}),
        };
        let mut socket = Self::open(served, payload).await;
        let answer = socket.next().await.expect("an answer");
        assert_eq!(answer["type"], "connection_ack", "{answer}");
        socket.subscribe(query, variables).await;
        socket
    }

    /// Sends a message.
    ///
    /// # Panics
    /// When the socket is closed.
    pub async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("the socket is open");
    }

    /// Asks for a subscription.
    pub async fn subscribe(&mut self, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
    }

    /// The next message; `None` when the server closed the socket.
    ///
    /// # Panics
    /// When none comes for 20 s.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), self.0.next()).await;
            match next.expect("a message within 20 s")? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("JSON")),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// What the next event says of this root field.
    ///
    /// # Panics
    /// When the next message is no event.
    pub async fn event(&mut self, field: &str) -> Value {
        let message = self.next().await.expect("an open socket");
        assert_eq!(message["type"], "next", "{message}");
        assert_eq!(message["payload"].get("errors"), None, "{message}");
        message["payload"]["data"][field].clone()
    }
}
