//! A request as a fake server saw it, and the loop that serves one.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The most that a fake reads of a body, in bytes.
const BODY_LIMIT: usize = 16 << 20;

/// One HTTP request.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// In capitals.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// What stands behind the `?`; empty without one.
    pub query: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    /// As text; bytes that are no UTF-8 are replaced.
    pub body: String,
}

impl Recorded {
    /// The body as fields: a JSON object, or a form.
    pub fn fields(&self) -> BTreeMap<String, String> {
        if let Ok(Value::Object(fields)) = serde_json::from_str(&self.body) {
            return fields
                .into_iter()
                .map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
                .collect();
        }
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    /// The token of `Authorization: Bearer …`.
    pub fn bearer(&self) -> Option<&str> {
        self.headers.get("authorization")?.strip_prefix("Bearer ")
    }
}

/// What decides the answers of a fake.
pub trait Answer: Send + Sync + 'static {
    /// The answer to one request; called in the order in which requests arrive.
    fn answer(&self, request: &Recorded) -> impl Future<Output = Response> + Send;
}

/// A listening fake.
pub struct Served {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Recorded>>>,
    task: JoinHandle<()>,
}

impl Served {
    /// Listens on a free port of the loopback address.
    pub async fn start(answers: impl Answer) -> Self {
        Self::start_with(|_| answers).await
    }

    /// The same for answers that name their own address, `127.0.0.1:PORT`.
    pub async fn start_with<A: Answer>(answers: impl FnOnce(&str) -> A) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::new(Shared { answers: answers(&address.to_string()), requests: Arc::clone(&requests) });
        let router = Router::new().fallback(record).with_state(shared);
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the fake serves");
        });
        Self { address, requests, task }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().expect("no panic under the lock").clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shared<A> {
    answers: A,
    requests: Arc<Mutex<Vec<Recorded>>>,
}

async fn record<A: Answer>(State(shared): State<Arc<Shared<A>>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return axum::http::StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers =
        parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let recorded = Recorded {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    shared.requests.lock().expect("no panic under the lock").push(recorded.clone());
    shared.answers.answer(&recorded).await
}
