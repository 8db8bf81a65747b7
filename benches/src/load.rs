//! The load generator: keep-alive connections that send one request after another. It runs as a process of its own, so
//! that its processor time is known and is not the server's, and does as little as it can.

use crate::sample::{Sample, micros};
use crate::{Outcome, cpu, report};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The first argument of the process that makes load.
pub(crate) const ARGUMENT: &str = "--make-load";

/// Stands for the number of the request.
pub(crate) const NUMBER: &str = "{number}";

/// How long a refused client waits: shorter than it is asked to, so that the load stays too much.
const IMPATIENT: Duration = Duration::from_millis(50);

/// What is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    /// A whole HTTP/1.1 request.
    pub(crate) request: String,
    pub(crate) connections: usize,
    pub(crate) seconds: f64,
    /// It ends earlier when so many requests were sent.
    pub(crate) most: Option<u64>,
}

/// What came back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Loaded {
    /// Answers with a status of the 200s.
    pub(crate) answered: u64,
    /// 429 and 503.
    pub(crate) refused: u64,
    /// Those of them that said when to come again.
    pub(crate) hinted: u64,
    /// Other statuses, and connections that broke.
    pub(crate) failed: u64,
    pub(crate) seconds: f64,
    /// Processor time of the generator.
    pub(crate) cpu_seconds: f64,
    /// Of the answers, in microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) most: f64,
    /// A status, or what broke.
    pub(crate) first_failure: Option<String>,
}

impl Loaded {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.answered as f64 / self.seconds
    }
}

impl Load {
    /// Makes the load in another process.
    pub(crate) async fn make(&self) -> Outcome<Loaded> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(ARGUMENT).arg(serde_json::to_string(self)?).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        if !output.status.success() {
            return Err(format!("the load generator ended with {}", output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// The process that makes load.
pub(crate) fn main(arguments: &[String]) -> Outcome<()> {
    let load: Load = serde_json::from_str(arguments.first().ok_or("what load?")?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let loaded = runtime.block_on(tokio::task::LocalSet::new().run_until(run(load)))?;
    report::say(&serde_json::to_string(&loaded)?)
}

#[derive(Default)]
struct Heard {
    times: Vec<Duration>,
    refused: u64,
    hinted: u64,
    failed: u64,
    first_failure: Option<String>,
}

async fn run(load: Load) -> Outcome<Loaded> {
    let load = Arc::new(load);
    let sent = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let clients: Vec<_> = (0..load.connections).map(|_| tokio::task::spawn_local(client(load.clone(), sent.clone(), start))).collect();
    let mut all = Heard::default();
    for client in clients {
        let heard = client.await?;
        all.times.extend(heard.times);
        all.refused += heard.refused;
        all.hinted += heard.hinted;
        all.failed += heard.failed;
        all.first_failure = all.first_failure.or(heard.first_failure);
    }
    let (answered, sample) = (all.times.len() as u64, Sample::new(all.times));
    Ok(Loaded {
        answered,
        refused: all.refused,
        hinted: all.hinted,
        failed: all.failed,
        seconds: start.elapsed().as_secs_f64(),
        cpu_seconds: cpu::own()?.as_secs_f64(),
        p50: micros(sample.median()),
        p99: micros(sample.p99()),
        most: micros(sample.most()),
        first_failure: all.first_failure,
    })
}

async fn client(load: Arc<Load>, sent: Arc<AtomicU64>, start: Instant) -> Heard {
    let (mut heard, mut connection) = (Heard::default(), None);
    while start.elapsed().as_secs_f64() < load.seconds {
        let number = sent.fetch_add(1, Ordering::Relaxed);
        if load.most.is_some_and(|most| number >= most) {
            break;
        }
        let request = load.request.replace(NUMBER, &number.to_string());
        let began = Instant::now();
        match exchange(&mut connection, load.address, &request).await {
            Ok(answer) if (200..300).contains(&answer.status) => heard.times.push(began.elapsed()),
            Ok(answer) if matches!(answer.status, 429 | 503) => {
                heard.refused += 1;
                heard.hinted += u64::from(answer.hinted);
                tokio::time::sleep(IMPATIENT).await;
            }
            other => {
                connection = None;
                heard.failed += 1;
                heard.first_failure.get_or_insert_with(|| match other {
                    Ok(answer) => format!("status {}", answer.status),
                    Err(why) => why.to_string(),
                });
                tokio::time::sleep(IMPATIENT).await;
            }
        }
    }
    heard
}

/// A connection with what was read of it.
struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

struct Answer {
    status: u16,
    hinted: bool,
    length: usize,
    closes: bool,
}

/// Sends a request and reads its answer.
async fn exchange(connection: &mut Option<Connection>, to: SocketAddr, request: &str) -> Outcome<Answer> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => {
            let stream = TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            Connection { stream, read: Vec::with_capacity(4096) }
        }
    };
    open.stream.write_all(request.as_bytes()).await?;
    let answer = loop {
        if let Some((head, answer)) = parse(&open.read)? {
            let whole = head + answer.length;
            while open.read.len() < whole {
                more(&mut open).await?;
            }
            open.read.drain(..whole);
            break answer;
        }
        more(&mut open).await?;
    };
    if !answer.closes {
        *connection = Some(open);
    }
    Ok(answer)
}

async fn more(open: &mut Connection) -> Outcome<()> {
    match open.stream.read_buf(&mut open.read).await? {
        0 => Err("the server closed the connection".into()),
        _ => Ok(()),
    }
}

/// The length of the head and what it says, once it is whole.
fn parse(read: &[u8]) -> Outcome<Option<(usize, Answer)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(read)? else { return Ok(None) };
    let mut answer = Answer { status: response.code.unwrap_or_default(), hinted: false, length: 0, closes: false };
    for header in response.headers.iter() {
        let value = std::str::from_utf8(header.value)?;
        match header.name {
            name if name.eq_ignore_ascii_case("content-length") => answer.length = value.parse()?,
            name if name.eq_ignore_ascii_case("retry-after") => answer.hinted = true,
            name if name.eq_ignore_ascii_case("connection") => answer.closes = value.eq_ignore_ascii_case("close"),
            name if name.eq_ignore_ascii_case("transfer-encoding") => return Err("answers in chunks are not read here".into()),
            _ => {}
        }
    }
    Ok(Some((head, answer)))
}

/// Requests one after another on one connection for a while; their times.
pub(crate) async fn probe(address: SocketAddr, request: &str, time: Duration) -> Outcome<Sample> {
    let (start, mut connection, mut times) = (Instant::now(), None, Vec::new());
    while start.elapsed() < time {
        let began = Instant::now();
        let answer = exchange(&mut connection, address, request).await?;
        if !(200..300).contains(&answer.status) {
            return Err(format!("status {} without load", answer.status).into());
        }
        times.push(began.elapsed());
    }
    Ok(Sample::new(times))
}
