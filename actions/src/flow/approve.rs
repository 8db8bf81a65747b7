//! `flow.approve`: a person decides before the run goes on. A waiting run lives in the store and costs nothing.

use super::moment::{add, moment};
use crate::connector::readable;
use async_trait::async_trait;
use jiff::{Timestamp, Zoned};
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{Effect, Interval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The action.
pub struct Approve;

/// One name or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a name or a list of names")]
pub enum Approvers {
    /// One.
    One(String),
    /// Several, any of whom may decide.
    Many(Vec<String>),
}

/// What `flow.approve` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What is asked. Anything that is not text is written out readably.
    #[schemars(extend("x-role" = role::TEXT, "minLength" = 1))]
    pub message: Value,
    /// Who may decide besides the owner: a name or a list of names. Nobody else if left out.
    #[serde(default)]
    #[schemars(with = "Approvers")]
    pub approvers: Option<Approvers>,
    /// When it counts as refused: after a length of time (2d), or at a moment (2026-05-01T18:00:00Z, 18:00). Never if left
    /// out.
    #[serde(default)]
    #[schemars(with = "String")]
    pub expires: Option<String>,
}

/// What `flow.approve` hands back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Decision {
    /// Whether somebody said yes.
    pub approved: bool,
    /// Who decided; null when nobody did in time.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// What they said to it.
    pub comment: Option<String>,
}

#[async_trait]
impl Action for Approve {
    type Params = Params;
    type Output = Decision;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("flow.approve", "Ask for approval", "Stops until a person says yes or no.", Effect::None)
            .utterances(&[
                "wait for my approval before sending",
                "ask a manager to approve the refund",
                "hold until somebody signs it off",
                "get a human to confirm first",
                "require sign-off before the deployment",
            ])
            .keywords(&["approve", "approval", "sign-off", "confirm", "permission", "consent", "human"])
            .example(json!({ "approved": true, "by": "ada", "at": "2026-01-01T00:00:00Z", "comment": null }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Decision>, StepError> {
        let message = readable(&params.message).trim().to_owned();
        if message.is_empty() {
            return Err(StepError::new("text_empty", "flow.approve: \"message\" is empty, so that nobody knows what is decided")
                .help("say in a sentence what is asked, such as \"Refund order 17?\""));
        }
        let expires = params.expires.as_deref().map(|text| expiry(text, &cx.now)).transpose()?;
        let mut approvers: Vec<String> = match params.approvers {
            None => Vec::new(),
            Some(Approvers::One(name)) => vec![name],
            Some(Approvers::Many(names)) => names,
        };
        approvers.iter_mut().for_each(|name| *name = name.trim().to_owned());
        approvers.retain(|name| !name.is_empty());
        let payload = json!({ "message": message, "approvers": approvers, "expires": expires });
        Ok(Outcome::AwaitApproval { message, approvers, expires, payload })
    }
}

fn expiry(text: &str, now: &Zoned) -> Result<Timestamp, StepError> {
    let at = match text.trim().parse::<Interval>() {
        Ok(length) => add("flow.approve", now, &length)?,
        Err(_) => moment("flow.approve", text, now)?,
    };
    if at <= now.timestamp() {
        return Err(StepError::new(
            "invalid_parameters",
            format!("flow.approve: \"{text}\" has passed, so that nobody could decide in time"),
        )
        .help("give a length of time such as 2d, or a moment that is to come"));
    }
    Ok(at)
}
