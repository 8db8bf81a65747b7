//! The scripted model server itself: it listens, records, and plays what the script says.

use super::reply::{Content, Ending, Form, Reply};
use super::seen::Seen;
use super::wire;
use crate::model::{Endpoint, ModelClient, ModelConfig, Retries};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

type Make = Box<dyn Fn(&Seen) -> Reply + Send>;
type Fits = Box<dyn Fn(&Seen) -> bool + Send>;

/// A model on the loopback interface. Dropping it stops it, and fails the test if something was asked that the script
/// does not foresee.
pub struct ModelServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    seen: Vec<Seen>,
    unexpected: Vec<String>,
    offered: Vec<String>,
    listing: Option<Reply>,
    hung_up: usize,
}

struct Rule {
    what: String,
    fits: Fits,
    replies: VecDeque<Make>,
    always: Option<Make>,
}

/// Where the replies of a rule are put down.
pub struct Script<'a> {
    server: &'a ModelServer,
    rule: usize,
}

impl Script<'_> {
    /// Says this once, after what was put down before.
    pub fn reply(self, reply: Reply) -> Self {
        self.add(move |rule| rule.replies.push_back(Box::new(move |_| reply.clone())))
    }

    /// Says once what the function makes of the request.
    pub fn reply_with(self, make: impl Fn(&Seen) -> Reply + Send + 'static) -> Self {
        self.add(move |rule| rule.replies.push_back(Box::new(make)))
    }

    /// Says this whenever nothing else is left to be said.
    pub fn always(self, reply: Reply) {
        self.with(move |_| reply.clone());
    }

    /// Says what the function makes of the request, whenever nothing else is left to be said.
    pub fn with(self, make: impl Fn(&Seen) -> Reply + Send + 'static) {
        self.add(move |rule| rule.always = Some(Box::new(make)));
    }

    fn add(self, change: impl FnOnce(&mut Rule)) -> Self {
        change(&mut self.server.state().rules[self.rule]);
        self
    }
}

impl ModelServer {
    /// Listens on a free port. `/v1/models` lists the model `scripted`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { offered: vec!["scripted".to_owned()], ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: watch::Sender::new(0) });
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                connections.spawn(async move {
                    if shared.serve(stream).await.is_err() {
                        shared.change(|state| state.hung_up += 1);
                    }
                });
            }
        });
        Self { shared, address, task }
    }

    /// Where its API is, as `base_url` of the settings.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The settings of a client that asks it: the model `scripted`, no key, and pauses between attempts too short to notice.
    pub fn config(&self) -> ModelConfig {
        let endpoint = Endpoint::new(&self.base_url(), None).unwrap().with_model(Some("scripted".to_owned()));
        let retries = Retries { base: Duration::from_millis(1), longest: Duration::from_millis(2), ..Retries::default() };
        ModelConfig { retries, ..ModelConfig::new(endpoint) }
    }

    /// A client that asks it.
    pub fn client(&self) -> ModelClient {
        ModelClient::new(self.config()).unwrap()
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Requests whose prompt has this in its heading; see [`Seen::is_headed`].
    pub fn on(&self, heading: &str) -> Script<'_> {
        let wanted = heading.to_owned();
        self.when(heading, move |seen| seen.is_headed(&wanted))
    }

    /// Any request for an answer.
    pub fn any(&self) -> Script<'_> {
        self.when("anything", |_| true)
    }

    /// Requests for an answer that fit; `what` names them in a failing test.
    pub fn when(&self, what: &str, fits: impl Fn(&Seen) -> bool + Send + 'static) -> Script<'_> {
        let mut state = self.state();
        state.rules.push(Rule { what: what.to_owned(), fits: Box::new(fits), replies: VecDeque::new(), always: None });
        Script { server: self, rule: state.rules.len() - 1 }
    }

    /// The models that `/v1/models` lists.
    pub fn offers(&self, models: &[&str]) {
        self.state().offered = models.iter().map(|name| (*name).to_owned()).collect();
    }

    /// What `/v1/models` answers instead of its list.
    pub fn lists_with(&self, reply: Reply) {
        self.state().listing = Some(reply);
    }

    /// The requests for an answer so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.state().seen.iter().filter(|seen| seen.is_chat()).cloned().collect()
    }

    /// All requests so far, those for the list of models too.
    pub fn everything(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// Returns when so many answers were asked for.
    pub async fn until_asked(&self, times: usize) {
        self.until(|state| state.seen.iter().filter(|seen| seen.is_chat()).count() >= times).await;
    }

    /// Returns when the other side closed so many connections before their reply had ended.
    pub async fn until_hung_up(&self, times: usize) {
        self.until(|state| state.hung_up >= times).await;
    }

    /// Fails unless every reply that was put down for once was said.
    pub fn assert_done(&self) {
        let state = self.state();
        let left: Vec<String> = state
            .rules
            .iter()
            .filter(|rule| !rule.replies.is_empty())
            .map(|rule| format!("{} more for \"{}\"", rule.replies.len(), rule.what))
            .collect();
        drop(state);
        assert!(left.is_empty(), "the model was asked less often than scripted: {}", left.join(", "));
    }

    /// What was asked that the script does not foresee; taken out, so that the test goes on.
    pub fn take_unexpected(&self) -> Vec<String> {
        std::mem::take(&mut self.state().unexpected)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    async fn until(&self, reached: impl Fn(&State) -> bool) {
        let mut changes = self.shared.changed.subscribe();
        while !reached(&self.state()) {
            changes.changed().await.unwrap();
        }
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
        let unexpected = self.take_unexpected();
        if !unexpected.is_empty() && !std::thread::panicking() {
            panic!("the model was asked what nobody scripted:\n\n{}", unexpected.join("\n\n"));
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        self.changed.send_modify(|number| *number += 1);
        changed
    }

    /// One request and its reply. Fails when the other side closes the connection before the reply has ended.
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let Some(seen) = read(&mut stream).await? else { return Ok(()) };
        let reply = self.change(|state| {
            state.seen.push(seen.clone());
            state.reply_to(&seen)
        });
        if let Some(gate) = &reply.gate {
            tokio::select! {
                () = gate.passed() => {}
                gone = until_closed(&mut stream) => return gone,
            }
        }
        play(&mut stream, &seen, &reply).await?;
        stream.shutdown().await
    }
}

impl State {
    fn reply_to(&mut self, seen: &Seen) -> Reply {
        if seen.method == "GET" && seen.path.ends_with("/models") {
            let entry = |name: &String| json!({ "id": name, "object": "model", "created": 0, "owned_by": "tests" });
            let list = json!({ "object": "list", "data": self.offered.iter().map(entry).collect::<Vec<Value>>() });
            return self.listing.clone().unwrap_or_else(|| Reply::raw("application/json", list.to_string()));
        }
        for rule in self.rules.iter_mut().filter(|rule| seen.is_chat() && (rule.fits)(seen)) {
            if let Some(make) = rule.replies.pop_front() {
                return make(seen);
            }
            if let Some(make) = &rule.always {
                return make(seen);
            }
        }
        self.unexpected.push(seen.describe());
        Reply::error(418, "unexpected_request", "the test has no reply for this request")
    }
}

async fn play(stream: &mut TcpStream, seen: &Seen, reply: &Reply) -> io::Result<()> {
    match &reply.content {
        Content::HangUp => return Ok(()),
        Content::Silence => return until_closed(stream).await,
        Content::Raw(media_type, body) => return whole(stream, reply, media_type, body).await,
        _ => {}
    }
    let streamed = match reply.form {
        Form::AsAsked => seen.wants_stream(),
        Form::Whole => false,
        Form::Streamed => true,
    };
    if !streamed {
        let body = wire::document(reply, seen).to_string();
        return whole(stream, reply, "application/json", body.as_bytes()).await;
    }
    stream.write_all(head(reply, "text/event-stream", "transfer-encoding: chunked").as_bytes()).await?;
    if let Content::Endless = reply.content {
        let piece = wire::piece(seen, &json!({ "content": "and so on ".repeat(reply.piece) }), None);
        loop {
            chunk(stream, &piece).await?;
        }
    }
    chunk(stream, &wire::piece(seen, &json!({ "role": "assistant", "content": "" }), None)).await?;
    for (sent, piece) in wire::pieces(reply, seen).iter().enumerate() {
        match reply.ending {
            Ending::Stalls(pieces) if sent == pieces => return until_closed(stream).await,
            Ending::Breaks(pieces) if sent == pieces => return Ok(()),
            Ending::Ends(pieces) if sent == pieces => return stream.write_all(b"0\r\n\r\n").await,
            _ => chunk(stream, piece).await?,
        }
    }
    chunk(stream, &wire::ending(reply, seen)).await?;
    stream.write_all(b"0\r\n\r\n").await
}

async fn whole(stream: &mut TcpStream, reply: &Reply, media_type: &str, body: &[u8]) -> io::Result<()> {
    let length = format!("content-length: {}", body.len());
    stream.write_all(head(reply, media_type, &length).as_bytes()).await?;
    stream.write_all(body).await
}

fn head(reply: &Reply, media_type: &str, length: &str) -> String {
    let mut head = format!("HTTP/1.1 {} Scripted\r\ncontent-type: {media_type}\r\n{length}\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}

async fn chunk(stream: &mut TcpStream, text: &str) -> io::Result<()> {
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await
}

/// Waits until the other side closes the connection, which is an early end.
async fn until_closed(stream: &mut TcpStream) -> io::Result<()> {
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Err(io::Error::from(io::ErrorKind::ConnectionAborted))
}

/// Reads one request; none when the connection ends before its head is whole.
async fn read(stream: &mut TcpStream) -> io::Result<Option<Seen>> {
    let mut bytes = Vec::new();
    let (mut seen, body_at, length) = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(&bytes).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?;
        if let httparse::Status::Complete(body_at) = parsed {
            let headers: Vec<(String, String)> = request
                .headers
                .iter()
                .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
            let (method, path) = (request.method.unwrap_or_default().to_owned(), request.path.unwrap_or_default().to_owned());
            break (Seen { method, path, headers, body: Value::Null }, body_at, length);
        }
    };
    while bytes.len() < body_at + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    seen.body = serde_json::from_slice(&bytes[body_at..]).unwrap_or(Value::Null);
    Ok(Some(seen))
}
