//! Whether an endpoint answers, streams, and keeps to a schema: three small questions, for `sayflow doctor`.

use super::{AnswerForm, CallContext, ChatAnswer, ChatCall, Message, ModelClient, ModelError, Progress, Role};
use sayflow_protocol::api::{TurnProgress, Usage};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Reasoning models think before they say even one word.
const LONGEST: u32 = 2_000;

/// What the questions showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Probed {
    /// The model, as the endpoint names it.
    pub model: String,
    /// How long the first answer took.
    pub answered_in: Duration,
    /// Whether answers come in pieces; or why that is not known.
    pub streams: Result<bool, String>,
    /// How it keeps to a schema; or why it does not.
    pub schema: Result<Keeping, String>,
    /// What the questions cost.
    pub usage: Usage,
}

/// How an endpoint keeps to a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// It takes the schema, and the first answer fitted.
    Enforced,
    /// It does not take the schema; the model read it in the prompt, and the first answer fitted.
    Asked,
    /// The second answer fitted.
    Corrected,
}

impl ModelClient {
    /// Asks a role's model three small questions.
    ///
    /// # Errors
    /// When it does not even answer the first one.
    pub async fn probe(&self, role: Role, cx: &CallContext<'_>) -> Result<Probed, ModelError> {
        let begun = Instant::now();
        let first = self.chat(question(role, sayflow_prompts::probe_answer()), cx).await?;
        let mut probed = Probed {
            model: first.model,
            answered_in: begun.elapsed(),
            streams: Ok(false),
            schema: Ok(Keeping::Enforced),
            usage: first.usage,
        };
        let pieces = Pieces::default();
        let listening = CallContext { progress: &pieces, ..*cx };
        let counted = self.chat(question(role, sayflow_prompts::probe_stream()), &listening).await;
        probed.streams = paid(counted, &mut probed.usage).map(|_| pieces.0.load(Ordering::Relaxed) > 1);
        let schema = json!({
            "type": "object",
            "properties": { "city": { "type": "string", "enum": ["Oslo", "Rome"] }, "degrees": { "type": "integer" } },
            "required": ["city", "degrees"],
            "additionalProperties": false,
        });
        let asked = ChatCall { answer: AnswerForm::Json { name: "weather", schema }, ..question(role, sayflow_prompts::probe_schema()) };
        let answered = self.chat(asked, cx).await;
        probed.schema = paid(answered, &mut probed.usage).map(|answer| match (answer.usage.model_calls, self.takes_schemas(role)) {
            (2.., _) => Keeping::Corrected,
            (_, true) => Keeping::Enforced,
            (_, false) => Keeping::Asked,
        });
        Ok(probed)
    }
}

fn question(role: Role, text: String) -> ChatCall {
    let messages = vec![Message::user(text)];
    ChatCall { role, purpose: "probe", messages, answer: AnswerForm::Text, tools: Vec::new(), max_output_tokens: LONGEST }
}

/// Adds what an answer cost, whatever it was.
fn paid(answer: Result<ChatAnswer, ModelError>, usage: &mut Usage) -> Result<ChatAnswer, String> {
    match answer {
        Ok(answer) => {
            usage.add(&answer.usage);
            Ok(answer)
        }
        Err(why) => {
            usage.add(&why.usage);
            Err(why.to_string())
        }
    }
}

/// Counts pieces of an answer.
#[derive(Default)]
struct Pieces(AtomicUsize);

impl Progress for Pieces {
    fn tell(&self, progress: TurnProgress) {
        if let TurnProgress::Text { .. } = progress {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
