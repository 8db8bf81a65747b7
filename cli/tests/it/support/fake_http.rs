//! Any HTTP service: answers by path, one after the other, and a record of all requests.

use super::recorded::{Answer, Recorded, Served};
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// One answer. Exactly one of the bodies is given, or none for an empty body.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reply {
    /// 200 when left out.
    pub status: Option<u16>,
    /// A JSON body.
    pub json: Option<Value>,
    /// A plain text body.
    pub text: Option<String>,
    /// A table.
    pub csv: Option<String>,
    /// A web page.
    pub html: Option<String>,
    /// A feed or another XML document.
    pub xml: Option<String>,
    /// What the answer calls its body, where it differs from what the body is.
    pub content_type: Option<String>,
    /// How long it takes, in milliseconds.
    pub delay_ms: u64,
}

/// The answers of one path: always the same, or a list of which the last one stays.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Replies {
    /// One after the other.
    Several(Vec<Reply>),
    /// Always this one.
    One(Reply),
}

/// Answers by path (without the query); 404 elsewhere.
pub type Routes = BTreeMap<String, Replies>;

/// Starts a service. Its answers are made from its own address, `127.0.0.1:PORT`, which they may name.
pub async fn start(routes: impl FnOnce(&str) -> Routes) -> Served {
    Served::start_with(|address| Script { routes: routes(address), asked: Mutex::new(BTreeMap::new()) }).await
}

struct Script {
    routes: Routes,
    asked: Mutex<BTreeMap<String, usize>>,
}

impl Script {
    fn next(&self, path: &str) -> Option<&Reply> {
        let replies = match self.routes.get(path)? {
            Replies::One(reply) => std::slice::from_ref(reply),
            Replies::Several(replies) => replies.as_slice(),
        };
        let mut asked = self.asked.lock().expect("no panic under the lock");
        let turn = asked.entry(path.to_owned()).or_default();
        let reply = replies.get(*turn).or(replies.last());
        *turn += 1;
        reply
    }
}

impl Answer for Script {
    async fn answer(&self, request: &Recorded) -> Response {
        let Some(reply) = self.next(&request.path) else {
            return (StatusCode::NOT_FOUND, "there is nothing at this path").into_response();
        };
        if reply.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(reply.delay_ms)).await;
        }
        reply.respond()
    }
}

impl Reply {
    fn respond(&self) -> Response {
        let (usual, body) = match self {
            Self { json: Some(json), .. } => ("application/json", json.to_string()),
            Self { csv: Some(csv), .. } => ("text/csv; charset=utf-8", csv.clone()),
            Self { html: Some(html), .. } => ("text/html; charset=utf-8", html.clone()),
            Self { xml: Some(xml), .. } => ("application/xml", xml.clone()),
            Self { text, .. } => ("text/plain; charset=utf-8", text.clone().unwrap_or_default()),
        };
        Response::builder()
            .status(self.status.unwrap_or(200))
            .header("content-type", self.content_type.as_deref().unwrap_or(usual))
            .body(Body::from(body))
            .expect("a well-formed answer")
    }
}
