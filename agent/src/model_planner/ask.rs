//! One call of the model, judged; an answer that cannot be used gets one more try with its faults named.

use crate::model::{AnswerForm, CallContext, ChatAnswer, ChatCall, Fault, Message, ModelClient, ModelError, Role, Silent};
use sayflow_prompts as prompts;
use sayflow_protocol::api::Usage;
use std::sync::{Mutex, PoisonError};

/// How much of a bad answer is shown to the model again, in characters.
const SHOWN: usize = 12_000;
/// How many faults are named at once.
const MOST_FAULTS: usize = 8;

/// The calls of one plan: they share an allowance, and what they cost is added up.
pub struct Session<'a> {
    client: &'a ModelClient,
    cx: CallContext<'a>,
    usage: Mutex<Usage>,
}

/// What is asked.
pub struct Question {
    /// Which model.
    pub role: Role,
    /// For logs.
    pub purpose: &'static str,
    /// What never changes.
    pub system: String,
    /// What belongs to the request.
    pub user: String,
    /// The form of the answer.
    pub answer: AnswerForm,
    /// The longest answer, in tokens.
    pub max_output_tokens: u32,
}

/// Which try an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// The first.
    First,
    /// The last: what is merely doubtful is taken.
    Last,
}

impl<'a> Session<'a> {
    /// A session under a turn's context. An outline is no text for people: the turn's progress is not told of it.
    pub fn new(client: &'a ModelClient, cx: &CallContext<'a>) -> Self {
        static SILENT: Silent = Silent;
        Self { client, cx: CallContext { progress: &SILENT, ..*cx }, usage: Mutex::new(Usage::default()) }
    }

    /// What all calls cost so far.
    pub fn usage(&self) -> Usage {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks, and asks once more when the answer cannot be used. `read` says what the answer is, or what is wrong with it.
    ///
    /// # Errors
    /// When the model cannot be asked, and when its second answer cannot be used either.
    pub async fn ask<T>(
        &self,
        question: Question,
        read: impl Fn(&ChatAnswer, Try) -> Result<T, Vec<String>> + Send + Sync,
    ) -> Result<T, ModelError> {
        let mut messages = vec![Message::system(question.system), Message::user(question.user)];
        let mut faults = Vec::new();
        for attempt in [Try::First, Try::Last] {
            let call = ChatCall {
                role: question.role,
                purpose: question.purpose,
                messages: messages.clone(),
                answer: question.answer.clone(),
                tools: Vec::new(),
                max_output_tokens: question.max_output_tokens,
            };
            match self.client.chat(call, &self.cx).await {
                Ok(answer) => {
                    self.spend(&answer.usage);
                    match read(&answer, attempt) {
                        Ok(read) => return Ok(read),
                        Err(found) => {
                            tracing::debug!(purpose = question.purpose, ?found, "an answer of the model cannot be used");
                            messages.push(Message::assistant(answer.text.chars().take(SHOWN).collect::<String>()));
                            faults = found;
                        }
                    }
                }
                Err(error) => {
                    self.spend(&error.usage);
                    if attempt == Try::Last || !matches!(error.fault, Fault::Empty | Fault::Refused) {
                        return Err(error);
                    }
                    faults = vec![format!("there was no answer to work with ({})", error.message)];
                }
            }
            faults.truncate(MOST_FAULTS);
            messages.push(Message::user(prompts::plan_again(&faults)));
        }
        Err(ModelError {
            fault: Fault::Malformed,
            message: format!("the model's answer cannot be used: {}", faults.first().map_or("it has no content", String::as_str)),
            help: Some("put the request in other words, or configure a more capable model for planning".to_owned()),
            usage: Usage::default(),
        })
    }

    fn spend(&self, call: &Usage) {
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        usage.model_calls += call.model_calls;
        usage.input_tokens += call.input_tokens;
        usage.output_tokens += call.output_tokens;
        usage.cost_usd += call.cost_usd;
        usage.planning_ms += call.planning_ms;
    }
}
