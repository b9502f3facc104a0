//! A TCP proxy that breaks every connection when it is told to.

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::broadcast,
    task::JoinHandle,
};

/// Hands connections on to a gateway until they are cut.
pub(super) struct Proxy {
    pub(super) url: String,
    cuts: broadcast::Sender<()>,
    server: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Proxy {
    /// On a free port, before the gateway at this address.
    pub(super) async fn before(url: &str) -> Self {
        let target = url.strip_prefix("http://").expect("an address").to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let cuts = broadcast::Sender::new(1);
        let heard = cuts.clone();
        let server = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (mut cut, target) = (heard.subscribe(), target.clone());
                tokio::spawn(async move {
                    let mut gateway = TcpStream::connect(target).await.expect("the gateway listens");
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut gateway) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        Self { url, cuts, server }
    }

    /// Breaks all connections, whatever is under way.
    pub(super) fn cut(&self) {
        // Without a connection there is nothing to break.
        let _ = self.cuts.send(());
    }
}
