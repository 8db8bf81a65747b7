//! Telegram's Bot API as far as messages go: `/bot<token>/sendMessage`.

use super::recorded::{Answer, Recorded, Served};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The only token that is let in.
pub const TOKEN: &str = "123456:fake-telegram-token";

/// The longest text, in UTF-16 code units, that Telegram takes.
const TEXT_LIMIT: usize = 4096;

/// A running fake.
pub struct FakeTelegram {
    served: Served,
    delivered: Arc<Mutex<Vec<TelegramMessage>>>,
}

/// A message that was delivered.
#[derive(Debug, Clone)]
pub struct TelegramMessage {
    /// A number or `@name`.
    pub chat: String,
    /// The text.
    pub text: String,
}

impl FakeTelegram {
    /// Starts one.
    pub async fn start() -> Self {
        let delivered = Arc::new(Mutex::new(Vec::new()));
        Self { served: Served::start(Script { delivered: Arc::clone(&delivered) }).await, delivered }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.served.address()
    }

    /// What the credential's `base_url` has to be.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// All requests, also those that were turned away.
    pub fn requests(&self) -> Vec<Recorded> {
        self.served.requests()
    }

    /// What was delivered, in order.
    pub fn messages(&self) -> Vec<TelegramMessage> {
        self.delivered.lock().expect("no panic under the lock").clone()
    }
}

struct Script {
    delivered: Arc<Mutex<Vec<TelegramMessage>>>,
}

impl Answer for Script {
    async fn answer(&self, request: &Recorded) -> Response {
        let refuse = |status: StatusCode, why: &str| {
            (status, Json(json!({"ok": false, "error_code": status.as_u16(), "description": why}))).into_response()
        };
        let Some(method) = request.path.strip_prefix(&format!("/bot{TOKEN}/")) else {
            return refuse(StatusCode::UNAUTHORIZED, "Unauthorized");
        };
        if method != "sendMessage" {
            return refuse(StatusCode::NOT_FOUND, "Not Found");
        }
        let fields = request.fields();
        let (chat, text) = (fields.get("chat_id").cloned().unwrap_or_default(), fields.get("text").cloned().unwrap_or_default());
        if chat.is_empty() {
            return refuse(StatusCode::BAD_REQUEST, "Bad Request: chat_id is empty");
        }
        if text.is_empty() {
            return refuse(StatusCode::BAD_REQUEST, "Bad Request: message text is empty");
        }
        if text.encode_utf16().count() > TEXT_LIMIT {
            return refuse(StatusCode::BAD_REQUEST, "Bad Request: message is too long");
        }
        let sent = TelegramMessage { chat: chat.clone(), text: text.clone() };
        self.delivered.lock().expect("no panic under the lock").push(sent);
        let id = chat.parse::<i64>().map_or_else(|_| Value::from(chat.clone()), Value::from);
        Json(json!({"ok": true, "result": {"message_id": 7, "date": 1_790_000_000, "chat": {"id": id, "type": "group"}, "text": text}}))
            .into_response()
    }
}
