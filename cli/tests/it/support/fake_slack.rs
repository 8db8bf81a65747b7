//! Slack's Web API as far as messages go: `POST /api/chat.postMessage` with a bearer token. Errors arrive the way
//! Slack sends them, as `ok: false` in a 200, and a rate limit as a 429 with `Retry-After`.

use super::recorded::{Answer, Recorded, Served};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// The only token that is let in.
pub const TOKEN: &str = "xoxb-fake-0123456789";

/// What happens to a message instead of its delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trouble {
    /// `ok: false` with this word, such as `channel_not_found`.
    Error(String),
    /// 429, with this many seconds to wait.
    RateLimit(u32),
    /// 500 without a body.
    Broken {},
}

/// A running fake.
pub struct FakeSlack {
    served: Served,
    delivered: Arc<Mutex<Vec<SlackMessage>>>,
}

/// A message that was delivered.
#[derive(Debug, Clone)]
pub struct SlackMessage {
    /// As it was sent, with or without `#`.
    pub channel: String,
    /// The text.
    pub text: String,
}

impl FakeSlack {
    /// Starts one. The troubles befall the first requests, one each.
    pub async fn start(troubles: Vec<Trouble>) -> Self {
        let delivered = Arc::new(Mutex::new(Vec::new()));
        let script = Script { troubles: Mutex::new(troubles.into()), delivered: Arc::clone(&delivered) };
        Self { served: Served::start(script).await, delivered }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.served.address()
    }

    /// What the credential's `base_url` has to be.
    pub fn base_url(&self) -> String {
        format!("http://{}/api", self.address())
    }

    /// All requests, also those that were turned away.
    pub fn requests(&self) -> Vec<Recorded> {
        self.served.requests()
    }

    /// What was delivered, in order.
    pub fn messages(&self) -> Vec<SlackMessage> {
        self.delivered.lock().expect("no panic under the lock").clone()
    }
}

struct Script {
    troubles: Mutex<VecDeque<Trouble>>,
    delivered: Arc<Mutex<Vec<SlackMessage>>>,
}

impl Answer for Script {
    async fn answer(&self, request: &Recorded) -> Response {
        let refuse = |word: &str| Json(json!({"ok": false, "error": word})).into_response();
        if request.path != "/api/chat.postMessage" || request.method != "POST" {
            return refuse("unknown_method");
        }
        if request.bearer() != Some(TOKEN) {
            return refuse(if request.bearer().is_none() { "not_authed" } else { "invalid_auth" });
        }
        let trouble = self.troubles.lock().expect("no panic under the lock").pop_front();
        match trouble {
            Some(Trouble::Error(word)) => return refuse(&word),
            Some(Trouble::RateLimit(seconds)) => {
                let wait = [("retry-after", seconds.to_string())];
                return (StatusCode::TOO_MANY_REQUESTS, wait, Json(json!({"ok": false, "error": "ratelimited"}))).into_response();
            }
            Some(Trouble::Broken {}) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            None => {}
        }
        let fields = request.fields();
        match (fields.get("channel"), fields.get("text")) {
            (None, _) => refuse("channel_not_found"),
            (_, None) => refuse("no_text"),
            (_, Some(text)) if text.is_empty() => refuse("no_text"),
            (Some(channel), Some(text)) => {
                let sent = SlackMessage { channel: channel.clone(), text: text.clone() };
                self.delivered.lock().expect("no panic under the lock").push(sent);
                let message = json!({"type": "message", "text": text, "ts": "1790000000.000100"});
                Json(json!({"ok": true, "channel": channel, "ts": "1790000000.000100", "message": message})).into_response()
            }
        }
    }
}
