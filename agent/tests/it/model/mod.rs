//! The client of language models against a scripted server: good answers, every kind of bad one, limits, and secrets.

mod answers;
mod budgets;
mod faults;
mod habits;
mod patience;
mod probe;
mod secrets;
mod steps;

use sayflow_agent::model::{
    Allowance, AnswerForm, CallContext, ChatAnswer, ChatCall, Message, ModelClient, ModelError, Progress, Role, Silent, Tool,
};
use sayflow_protocol::api::TurnProgress;
use serde_json::{Value, json};
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// A call whose answer is words.
pub(crate) fn words() -> ChatCall {
    ChatCall {
        role: Role::Chat,
        purpose: "test",
        messages: vec![Message::system("# Talk\n\nAnswer in a sentence."), Message::user("Good day")],
        answer: AnswerForm::Text,
        tools: Vec::new(),
        max_output_tokens: 500,
    }
}

/// A call whose answer is data.
pub(crate) fn data() -> ChatCall {
    let messages =
        vec![Message::system("# Weather\n\nAnswer with JSON such as {\"city\": \"Rome\", \"degrees\": 21}."), Message::user("Oslo")];
    ChatCall { role: Role::Fill, messages, answer: AnswerForm::Json { name: "weather", schema: schema() }, ..words() }
}

pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": { "city": { "type": "string" }, "degrees": { "type": "integer" } },
        "required": ["city", "degrees"],
        "additionalProperties": false,
    })
}

/// What fits [`schema`].
pub(crate) fn oslo() -> Value {
    json!({ "city": "Oslo", "degrees": -3 })
}

/// A call in whose place a tool may be called.
pub(crate) fn with_tools() -> ChatCall {
    let tool = |name: &str, parameters: Value| Tool { name: name.to_owned(), description: format!("Does {name}."), parameters };
    let named =
        json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"], "additionalProperties": false });
    let nothing = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    ChatCall { tools: vec![tool("run", named), tool("list", nothing)], ..words() }
}

/// Asks without limits.
pub(crate) async fn ask(client: &ModelClient, call: ChatCall) -> Result<ChatAnswer, ModelError> {
    ask_within(client, call, &Allowance::unlimited()).await
}

/// Asks within an allowance.
pub(crate) async fn ask_within(client: &ModelClient, call: ChatCall, allowance: &Allowance) -> Result<ChatAnswer, ModelError> {
    client.chat(call, &CallContext { allowance, cancel: &CancellationToken::new(), progress: &Silent }).await
}

/// Hears words as they come.
#[derive(Default)]
pub(crate) struct Heard(Mutex<Vec<String>>);

impl Heard {
    pub(crate) fn pieces(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Progress for Heard {
    fn tell(&self, progress: TurnProgress) {
        if let TurnProgress::Text { delta } = progress {
            self.0.lock().unwrap().push(delta);
        }
    }
}
