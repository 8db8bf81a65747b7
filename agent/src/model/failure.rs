//! What went wrong with one request: what to tell people, and whether another request may help.

use super::config::Endpoint;
use super::transport::{Refusal, Trouble, beginning, header};
use super::{Fault, ModelError};
use jiff::Timestamp;
use sayflow_protocol::api::Usage;
use serde_json::Value;
use std::time::Duration;

/// A request that brought no answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    pub(super) fault: Fault,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) remedy: Remedy,
    /// Whether the endpoint may have done, and billed, something.
    pub(super) may_cost: bool,
}

/// What may help.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Remedy {
    /// Nothing that the client can do.
    None,
    /// The same once more: after this pause, or when the client sees fit.
    Again(Option<Duration>),
    /// Another request: this one was refused as wrong, in these words.
    Otherwise(String),
    /// To look which models there are.
    OtherModel,
}

impl Failure {
    fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), help: None, remedy: Remedy::None, may_cost: false }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    fn remedy(self, remedy: Remedy) -> Self {
        Self { remedy, ..self }
    }

    fn may_cost(self) -> Self {
        Self { may_cost: true, ..self }
    }

    /// The failure of the whole call.
    pub(super) fn into_error(self, usage: Usage) -> ModelError {
        ModelError { fault: self.fault, message: self.message, help: self.help, usage }
    }
}

/// Where a model is, for people.
pub(super) fn place(endpoint: &Endpoint) -> String {
    format!("the model server at {}", endpoint.base_url())
}

/// What the transport noted.
pub(super) fn of_trouble(trouble: Trouble, endpoint: &Endpoint, model: &str, now: Timestamp) -> Failure {
    let server = place(endpoint);
    match trouble {
        Trouble::NoConnection(why) => Failure::new(Fault::Unreachable, format!("{server} cannot be reached: {why}"))
            .help("check that it runs and that models.base_url is its address")
            .remedy(Remedy::Again(None)),
        Trouble::Lost(why) => Failure::new(Fault::Unreachable, format!("the connection to {server} was lost: {why}"))
            .help("try again")
            .remedy(Remedy::Again(None))
            .may_cost(),
        Trouble::TooLarge => too_large(model),
        Trouble::NoApi(found) => {
            Failure::new(Fault::Unreachable, format!("{server} answers, but not as a model does ({})", scrubbed(endpoint, &found)))
                .help("check models.base_url: it usually ends in /v1")
        }
        Trouble::Garbled(found) => {
            Failure::new(Fault::ServerError, format!("{server} sent an answer that is no JSON: {}", scrubbed(endpoint, &found)))
                .help("try again; if it stays, the server is at fault")
                .remedy(Remedy::Again(None))
                .may_cost()
        }
        Trouble::Refused(refusal) => of_refusal(&refusal, endpoint, model, now),
    }
}

/// The answer has no end.
pub(super) fn too_large(model: &str) -> Failure {
    Failure::new(Fault::TooLarge, format!("the answer of the model \"{model}\" was cut off: it is far longer than what was asked for"))
        .help("use another model, or look whether the server keeps to the longest answer that it is told")
        .may_cost()
}

/// No word came in time.
pub(super) fn no_first_word(endpoint: &Endpoint, model: &str, patience: Duration) -> Failure {
    Failure::new(
        Fault::Timeout,
        format!("the model \"{model}\" at {} said nothing within {} s", endpoint.base_url(), whole_seconds(patience)),
    )
    .help("a local model may take longer to load: raise models.timeouts.first_token_seconds")
    .may_cost()
}

/// The answer stopped in its middle.
pub(super) fn stalled(model: &str, patience: Duration) -> Failure {
    Failure::new(
        Fault::Stalled,
        format!("the model \"{model}\" stopped in the middle of its answer and said nothing more for {} s", whole_seconds(patience)),
    )
    .help("try again, or raise models.timeouts.stall_seconds")
    .may_cost()
}

/// The whole call took too long.
pub(super) fn too_slow(model: &str, patience: Duration) -> Failure {
    Failure::new(Fault::Timeout, format!("the model \"{model}\" did not finish within {} s", whole_seconds(patience)))
        .help("use a faster model, or raise models.timeouts.call_seconds and models.budget.turn_seconds")
        .may_cost()
}

/// The stream ended before the answer did.
pub(super) fn broken_off(endpoint: &Endpoint) -> Failure {
    Failure::new(Fault::ServerError, format!("{} broke its answer off", place(endpoint)))
        .help("try again; if it stays, look into the server's log")
        .remedy(Remedy::Again(None))
        .may_cost()
}

/// Somebody stopped it.
pub(super) fn cancelled() -> Failure {
    Failure::new(Fault::Cancelled, "the question to the model was stopped")
}

/// An error that came as a piece of a stream.
pub(super) fn of_event(error: &Value, endpoint: &Endpoint, model: &str, now: Timestamp) -> Failure {
    let status =
        ["code", "status", "status_code"].iter().find_map(|field| error[*field].as_u64()).and_then(|code| u16::try_from(code).ok());
    let status = status.filter(|code| (400..600).contains(code)).unwrap_or(500);
    let body = serde_json::json!({ "error": error }).to_string();
    let refusal = Refusal { status, headers: http::HeaderMap::new(), body, location: None };
    of_refusal(&refusal, endpoint, model, now).may_cost()
}

/// Another status than 2xx.
pub(super) fn of_refusal(refusal: &Refusal, endpoint: &Endpoint, model: &str, now: Timestamp) -> Failure {
    let server = place(endpoint);
    let said = Said::read(&refusal.body);
    let words = scrubbed(endpoint, &said.message);
    let status = refusal.status;
    let quoted = if words.is_empty() { format!("status {status}") } else { format!("status {status}: {words}") };
    match status {
        300..=399 => {
            let to = refusal.location.as_deref().map(|to| format!(" to {}", scrubbed(endpoint, to))).unwrap_or_default();
            Failure::new(Fault::Unreachable, format!("{server} leads on{to}; the key is not sent to another address"))
                .help("set models.base_url to the address of the API itself")
        }
        _ if said.is_too_long(status) => {
            Failure::new(Fault::ContextTooLong, format!("the question does not fit into the model \"{model}\" ({words})"))
                .help("ask for less at once, or use a model with a larger context; local servers often have a setting for its size")
        }
        _ if said.is_filtered() => Failure::new(Fault::Refused, format!("{server} refuses the question for its content ({words})"))
            .help("word the request otherwise, or use another model"),
        401 | 403 => unauthorized(endpoint, &quoted),
        404 => Failure::new(Fault::UnknownModel, format!("{server} knows no model \"{model}\" ({quoted})"))
            .help("set models.model to one that it has")
            .remedy(Remedy::OtherModel),
        _ if said.is_about_the_model() && status < 500 => {
            Failure::new(Fault::UnknownModel, format!("{server} knows no model \"{model}\" ({quoted})"))
                .help("set models.model to one that it has")
                .remedy(Remedy::OtherModel)
        }
        402 | 429 if said.is_out_of_money() => {
            Failure::new(Fault::RateLimited, format!("{server} gives no more answers on this account ({quoted})"))
                .help("look at its plan and billing")
        }
        429 => Failure::new(Fault::RateLimited, format!("{server} has too many requests ({quoted})"))
            .help("try again in a while, or use an account with higher limits")
            .remedy(Remedy::Again(retry_after(&refusal.headers, now))),
        408 | 409 | 425 | 500..=599 if status != 501 => Failure::new(Fault::ServerError, format!("{server} failed ({quoted})"))
            .help("try again in a while")
            .remedy(Remedy::Again(retry_after(&refusal.headers, now))),
        400 | 422 | 501 => {
            let all = [said.message.as_str(), &said.code, &said.param].join(" ");
            Failure::new(Fault::ServerError, format!("{server} does not take the request ({quoted})"))
                .help("look whether it speaks OpenAI's chat completions API, and whether the model can do what was asked")
                .remedy(Remedy::Otherwise(all))
        }
        _ => Failure::new(Fault::ServerError, format!("{server} does not take the request ({quoted})"))
            .help("check models.base_url, and look into the server's log"),
    }
}

fn unauthorized(endpoint: &Endpoint, quoted: &str) -> Failure {
    let server = place(endpoint);
    if endpoint.has_key() {
        return Failure::new(Fault::Unauthorized, format!("{server} refuses the key ({quoted})"))
            .help("set the right one as models.api_key, or with sayflow credentials set openai --field api_key=…");
    }
    Failure::new(Fault::Unauthorized, format!("{server} wants a key, and none is set for it ({quoted})")).help(
        "set models.api_key, or sayflow credentials set openai --field api_key=…; OPENAI_API_KEY is sent to OPENAI_BASE_URL and to OpenAI only",
    )
}

/// A text of the other side: one line, without the key.
fn scrubbed(endpoint: &Endpoint, text: &str) -> String {
    let text = match endpoint.key() {
        Some(key) => key.taken_out_of(text),
        None => text.to_owned(),
    };
    beginning(&text)
}

/// What the body of a refusal says, however it is written.
#[derive(Debug, Default)]
struct Said {
    message: String,
    code: String,
    param: String,
}

impl Said {
    fn read(body: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(body) else {
            // A web page says nothing that helps.
            let is_page = body.trim_start().starts_with('<');
            return Self { message: if is_page { String::new() } else { body.trim().to_owned() }, ..Self::default() };
        };
        // Google wraps its errors into a list.
        let value = value.get(0).unwrap_or(&value);
        let error = value.get("error").filter(|error| !error.is_null()).unwrap_or(value);
        let text = |field: &str| match &error[field] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let message = match error {
            Value::String(text) => text.clone(),
            _ => ["message", "detail", "error", "msg"].iter().map(|field| text(field)).find(|text| !text.is_empty()).unwrap_or_default(),
        };
        Self { message, code: format!("{} {}", text("code"), text("type")), param: text("param") }
    }

    fn says(&self, words: &[&str]) -> bool {
        let all = format!("{} {}", self.message, self.code).to_ascii_lowercase();
        words.iter().any(|word| all.contains(word))
    }

    fn is_too_long(&self, status: u16) -> bool {
        const WORDS: &[&str] = &[
            "context_length_exceeded",
            "exceed_context_size",
            "context length",
            "context window",
            "context size",
            "prompt is too long",
            "input is too long",
            "input token count",
            "reduce the length",
            "too many tokens",
        ];
        status == 413 || (matches!(status, 400 | 422 | 500) && self.says(WORDS))
    }

    fn is_filtered(&self) -> bool {
        self.says(&["content_filter", "content_policy", "responsibleaipolicy", "content management policy", "safety_violation"])
    }

    fn is_about_the_model(&self) -> bool {
        self.says(&[
            "model_not_found",
            "model not found",
            "unknown model",
            "invalid model",
            "model does not exist",
            "no such model",
            "model_not_available",
        ])
    }

    fn is_out_of_money(&self) -> bool {
        self.says(&[
            "insufficient_quota",
            "billing",
            "insufficient credit",
            "insufficient balance",
            "insufficient_balance",
            "payment required",
        ])
    }
}

/// How long the endpoint asks to wait: in milliseconds, in seconds, or until a date (RFC 9110, 10.2.3).
fn retry_after(headers: &http::HeaderMap, now: Timestamp) -> Option<Duration> {
    if let Some(milliseconds) = header(headers, "retry-after-ms").and_then(|text| text.parse::<u64>().ok()) {
        return Some(Duration::from_millis(milliseconds));
    }
    let text = header(headers, "retry-after")?;
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = jiff::fmt::rfc2822::parse(&text.replace("GMT", "+0000")).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

fn whole_seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds.fract() == 0.0 { format!("{seconds:.0}") } else { format!("{seconds:.1}") }
}

#[cfg(test)]
mod tests;
