//! `flow.respond`: answers whoever started the run.

use async_trait::async_trait;
use indexmap::IndexMap;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The action.
pub struct Respond;

/// What `flow.respond` takes, and what it hands back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// HTTP status.
    #[serde(default = "ok")]
    #[schemars(range(min = 200, max = 599))]
    pub status: u16,
    /// HTTP headers by name.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// The body: text as it is, anything else as JSON.
    #[serde(default)]
    #[schemars(extend("x-role" = role::VALUE))]
    pub body: Value,
}

fn ok() -> u16 {
    200
}

#[async_trait]
impl Action for Respond {
    type Params = Answer;
    type Output = Answer;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("flow.respond", "Answer the caller", "Answers the webhook or program that started the run.", Effect::None)
            .utterances(&[
                "respond to the webhook with the result",
                "answer the request with JSON",
                "return the list to the caller",
                "reply with status 200",
                "send back the total to whoever called",
                "respond with an error status",
            ])
            .keywords(&["respond", "answer", "return", "reply", "response", "webhook", "status"])
            .responds()
            .example(json!({ "status": 200, "headers": {}, "body": null }))
    }

    async fn run(&self, answer: Answer, _: &ActionContext<'_>) -> Result<Outcome<Answer>, StepError> {
        if !(200..=599).contains(&answer.status) {
            return Err(StepError::new("invalid_parameters", format!("flow.respond: {} is no HTTP status of an answer", answer.status))
                .help("use a status from 200 to 599"));
        }
        for (name, value) in &answer.headers {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(token) || value.contains(['\r', '\n', '\0']) {
                return Err(StepError::new("invalid_parameters", format!("flow.respond: \"{name}\" is no valid HTTP header"))
                    .help("header names are letters, digits and dashes; values are one line"));
            }
        }
        let response = json!({ "status": answer.status, "headers": answer.headers, "body": answer.body });
        Ok(Outcome::Respond { response, output: answer })
    }
}
