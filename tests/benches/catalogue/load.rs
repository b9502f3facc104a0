//! A load of keep-alive connections, each asking again as soon as it is
//! answered.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{PAGE, process::Server};

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// Microseconds of server CPU a request.
    pub(crate) cpu: f64,
    /// Requests a second.
    pub(crate) rate: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    /// Milliseconds.
    pub(crate) p99: f64,
}

/// The round in the middle by CPU.
pub(crate) fn median(rounds: &[Round]) -> Round {
    let mut sorted = rounds.to_vec();
    sorted.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
    sorted[sorted.len() / 2]
}

/// The body of one answer.
pub(crate) async fn once(port: u16) -> String {
    let mut connection = Connection::open(port).await;
    String::from_utf8(connection.ask().await).expect("JSON is text")
}

/// Asks on many connections for this long.
pub(crate) async fn run(server: &Server, connections: usize, time: Duration) -> Round {
    let open = join_all((0..connections).map(|_| Connection::open(server.port))).await;
    let before = server.cpu_seconds();
    let start = Instant::now();
    let end = start + time;
    let asked = open.into_iter().map(|mut connection| async move {
        let mut times = Vec::new();
        while Instant::now() < end {
            let asked = Instant::now();
            connection.ask().await;
            times.push(asked.elapsed());
        }
        times
    });
    let mut times: Vec<Duration> = join_all(asked).await.into_iter().flatten().collect();
    let seconds = start.elapsed().as_secs_f64();
    let cpu = server.cpu_seconds() - before;
    times.sort_unstable();
    let count = times.len();
    let at = |part: usize| times[count * part / 100].as_secs_f64() * 1e3;
    Round { cpu: cpu * 1e6 / count as f64, rate: count as f64 / seconds, p50: at(50), p99: at(99) }
}

struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
        stream.set_nodelay(true).expect("TCP");
        let body = format!("{{\"query\":\"{PAGE}\"}}");
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
             accept: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Self { stream, request: request.into_bytes(), buffer: Vec::with_capacity(16_384) }
    }

    async fn ask(&mut self) -> Vec<u8> {
        self.stream.write_all(&self.request).await.expect("the server reads");
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            if let Some((head, length)) = head(&self.buffer)
                && self.buffer.len() >= head + length
            {
                return self.buffer[head..head + length].to_vec();
            }
        }
    }
}

/// Where the body starts, and its length, once the head is there.
fn head(buffer: &[u8]) -> Option<(usize, usize)> {
    let end = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&buffer[..end]).expect("a head is ASCII");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((end, length.expect("a length")))
}
