//! Why the server closes a socket: the protocol's own codes and those of
//! WebSocket itself.

use std::{borrow::Cow, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::time::{sleep, timeout};

/// The longest reason that fits into a close frame.
const REASON: usize = 123;
/// How long the client may take to close its side.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long a client has to see why its message was not read.
const REFUSAL: Duration = Duration::from_millis(500);

/// A code and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: Cow<'static, str>,
}

const fn close(code: u16, reason: &'static str) -> Close {
    Close { code, reason: Cow::Borrowed(reason) }
}

/// A message is none of the protocol's.
pub(super) const INVALID: Close = close(4_400, "Invalid message received");
/// An operation before the connection was acknowledged.
pub(super) const UNAUTHORIZED: Close = close(4_401, "Unauthorized");
/// The client speaks another protocol.
pub(super) const PROTOCOL: Close = close(4_406, "Subprotocol not acceptable: use graphql-transport-ws");
/// The client did not introduce itself.
pub(super) const LATE: Close = close(4_408, "Connection initialisation timeout");
/// The client introduced itself twice.
pub(super) const TWICE: Close = close(4_429, "Too many initialisation requests");
/// A message is larger than we take.
pub(super) const TOO_LARGE: Close = close(1_009, "Message too big");
/// The process stops. The clients of the field connect again on this code.
pub(super) const STOPPING: Close = close(1_001, "the gateway stops: reconnect");

/// The token is not good, or not good any more. Clients take this code as "get
/// a fresh token and connect again".
pub(super) fn forbidden(reason: impl Into<Cow<'static, str>>) -> Close {
    Close { code: 4_403, reason: reason.into() }
}

/// An operation runs under this id already.
pub(super) fn duplicate(id: &str) -> Close {
    Close { code: 4_409, reason: format!("Subscriber for {id} already exists").into() }
}

impl Close {
    /// Closes the socket, and waits a moment for the client to do so, too: a
    /// connection that is dropped with unread input loses what was sent last.
    pub(super) async fn send(self, socket: &mut WebSocket) {
        tracing::debug!(code = self.code, "closing a socket: {}", self.reason);
        let end = self.reason.floor_char_boundary(REASON);
        let frame = CloseFrame { code: self.code, reason: self.reason[..end].into() };
        let farewell = async {
            if socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = socket.recv().await {}
                if self.code == TOO_LARGE.code {
                    // The library reads no more of what is too large.
                    sleep(REFUSAL).await;
                }
            }
        };
        // A client that does not answer is left.
        let _ = timeout(FAREWELL, farewell).await;
    }
}
