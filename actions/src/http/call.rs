//! A request of a step: sent through the port, its status judged.

use super::answer::text_start;
use crate::limits::{HTTP_TIMEOUT, MAX_BYTES};
use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use sayflow_engine::action::{ActionContext, StepError};
use sayflow_engine::ports::{HttpAuth, HttpRequest, HttpResponse, Redirects};
use std::time::Duration;

/// The longest pause that an answer may ask for: an hour.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// What to send and which answers are fine.
#[derive(Debug)]
pub struct Call<'a> {
    /// Upper case.
    pub method: String,
    /// Absolute URL.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Bytes>,
    /// How the credential is put in.
    pub auth: Option<HttpAuth<'a>>,
    /// The statuses that do not fail the step; all below 400 if empty.
    pub expect: Vec<u16>,
    /// Where a read may be redirected; as the step permits when left out.
    pub redirects: Option<Redirects>,
}

impl<'a> Call<'a> {
    /// A GET of a URL.
    pub fn get(url: &str) -> Self {
        let (method, url) = ("GET".to_owned(), url.to_owned());
        Self { method, url, headers: Vec::new(), body: None, auth: None, expect: Vec::new(), redirects: None }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds the credential.
    #[must_use]
    pub fn auth(mut self, auth: Option<HttpAuth<'a>>) -> Self {
        self.auth = auth;
        self
    }
}

/// Sends a request and judges its status.
///
/// # Errors
/// Those of the port, and `http_status` for a status that is not expected.
pub async fn call(call: Call<'_>, cx: &ActionContext<'_>) -> Result<HttpResponse, StepError> {
    let Call { method, url, headers, body, auth, expect, redirects } = call;
    let redirects = redirects.unwrap_or_else(|| cx.redirects.clone());
    let timeout = cx.timeout.unwrap_or(HTTP_TIMEOUT);
    let request = HttpRequest { method: method.clone(), url: url.clone(), headers, body, auth, timeout, max_bytes: MAX_BYTES, redirects };
    let answer = cx.ports.http.send(request).await?;
    let fine = if expect.is_empty() { answer.status < 400 } else { expect.contains(&answer.status) };
    if fine { Ok(answer) } else { Err(status_error(&method, &url, &answer, cx.ports.clock.now())) }
}

/// Adds the idempotency key, unless the step has a header of its own for it. It is the same for every attempt, so that a
/// server that knows the header does it once.
pub fn add_key(headers: &mut Vec<(String, String)>, cx: &ActionContext<'_>) {
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("idempotency-key")) {
        headers.push(("idempotency-key".to_owned(), cx.idempotency_key.clone()));
    }
}

/// Whether sending a request twice is the same as sending it once.
pub fn is_idempotent(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE")
}

/// The error of an unexpected status, with what it says about trying again.
pub fn status_error(method: &str, url: &str, answer: &HttpResponse, now: Timestamp) -> StepError {
    let status = answer.status;
    let reason = reqwest::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason()).unwrap_or_default();
    let start = text_start(answer);
    let said = if start.is_empty() { String::new() } else { format!(": {start}") };
    let message = format!("{method} {} answered {status} {reason}{said}", super::place::without_query(url));
    let error = StepError::new("http_status", message);
    let error = match status {
        401 | 403 => error.help(
            "the other side wants an account, or another one: set it with sayflow credentials set, and name it in the step's `credential`",
        ),
        404 => error.help("check the address"),
        _ => error.help("list the statuses that are fine in `expect_status`"),
    };
    // 429 and 503 say that nothing was done. A gateway's failure says nothing about what is behind it.
    match status {
        429 | 503 => match retry_after(answer, now) {
            Some(pause) => error.retry_after(pause),
            None => error.retryable(),
        },
        502 | 504 | 520..=524 if !is_idempotent(method) => error.retryable().unknown(),
        408 | 425 | 500..=599 if is_idempotent(method) => error.retryable(),
        _ => error,
    }
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(answer: &HttpResponse, now: Timestamp) -> Option<Duration> {
    let text = answer.header("retry-after")?.trim();
    let pause = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = rfc2822::parse(&text.replace("GMT", "+0000")).ok()?.timestamp();
            Duration::try_from(at.duration_since(now)).unwrap_or_default()
        }
    };
    Some(pause.min(LONGEST_PAUSE))
}
