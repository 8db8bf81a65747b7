//! What a model is asked and what comes back, whichever endpoint answers.

use sayflow_protocol::api::{TurnProgress, Usage};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::Allowance;

/// What a model is used for. Each may be another model; see the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Outlines and repairs of workflows.
    Plan,
    /// Parameters of single steps.
    Fill,
    /// What a message means, and replies in words.
    Chat,
    /// Whether a draft does what was asked.
    Judge,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Plan, Self::Fill, Self::Chat, Self::Judge];

    /// Its name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Fill => "fill",
            Self::Chat => "chat",
            Self::Judge => "judge",
        }
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatCall {
    /// Which model.
    pub role: Role,
    /// What for, such as `outline`: for logs and records, never sent.
    pub purpose: &'static str,
    /// What was said, oldest first.
    pub messages: Vec<Message>,
    /// The form of the answer.
    pub answer: AnswerForm,
    /// What the model may call in place of an answer. Never together with data that outsiders wrote.
    pub tools: Vec<Tool>,
    /// The longest answer, in tokens.
    pub max_output_tokens: u32,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub speaker: Speaker,
    /// What.
    pub text: String,
}

impl Message {
    /// What the model is to do.
    pub fn system(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::System, text: text.into() }
    }

    /// What it is asked.
    pub fn user(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::User, text: text.into() }
    }

    /// What it answered before.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::Assistant, text: text.into() }
    }
}

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Whoever made the rules.
    System,
    /// Whoever asks.
    User,
    /// The model.
    Assistant,
}

/// The form of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerForm {
    /// Words for people; they are passed on as they come.
    Text,
    /// Data that fits a JSON Schema.
    Json {
        /// What it is, as a word of letters, digits and `_`.
        name: &'static str,
        /// The schema.
        schema: Value,
    },
}

/// Something that the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// What the model called.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// One of the tools that were offered.
    pub name: String,
    /// Arguments that fit its schema.
    pub arguments: Value,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChatAnswer {
    /// As it was written; empty when tools were called.
    pub text: String,
    /// The data, where data was asked for.
    pub json: Option<Value>,
    /// What was called.
    pub calls: Vec<ToolCall>,
    /// What it cost.
    pub usage: Usage,
    /// The model that answered.
    pub model: String,
}

/// What a call is made under.
#[derive(Clone, Copy)]
pub struct CallContext<'a> {
    /// What may still be spent.
    pub allowance: &'a Allowance,
    /// Ends the call and its connection.
    pub cancel: &'a CancellationToken,
    /// Told of words for people as they come.
    pub progress: &'a dyn Progress,
}

/// Is told how far a turn is.
pub trait Progress: Send + Sync {
    /// Something happened. Must not wait.
    fn tell(&self, progress: TurnProgress);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn tell(&self, _: TurnProgress) {}
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}{}", .help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())]
pub struct ModelError {
    /// What kind of failure.
    pub fault: Fault,
    /// What happened, as a sentence without a full stop.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// What was spent all the same.
    pub usage: Usage,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No connection.
    Unreachable,
    /// The key is refused.
    Unauthorized,
    /// The endpoint does not know the model.
    UnknownModel,
    /// Too many requests, after all attempts.
    RateLimited,
    /// The endpoint failed, after all attempts.
    ServerError,
    /// No word of an answer in time, or not the whole of it.
    Timeout,
    /// The answer stopped in its middle.
    Stalled,
    /// The answer has no end.
    TooLarge,
    /// The model does not want to answer.
    Refused,
    /// The answer is empty.
    Empty,
    /// The answer has not the form that was asked for, after one more try.
    Malformed,
    /// The question does not fit into the model.
    ContextTooLong,
    /// It would cost more than may be spent.
    OverBudget,
    /// Somebody stopped it.
    Cancelled,
}
