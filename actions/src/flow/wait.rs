//! `flow.wait`: lets time pass. A waiting run lives in the store and costs nothing.

use super::moment::{add, moment};
use async_trait::async_trait;
use jiff::Timestamp;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{Effect, Interval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The action.
pub struct Wait;

/// What `flow.wait` takes: one of the two.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["for"]}, {"required": ["until"]}]))]
pub struct Params {
    /// How long: 30s, 5m, 2h, 1d.
    #[serde(default, rename = "for")]
    #[schemars(with = "Interval", extend("x-role" = role::DURATION))]
    pub length: Option<Interval>,
    /// Until when: a moment (2026-05-01T09:00:00Z), a date and time or a date in the workflow's zone, or a time of day
    /// (18:00: the next one).
    #[serde(default)]
    #[schemars(with = "String", extend("x-role" = role::TIME))]
    pub until: Option<String>,
}

/// What `flow.wait` hands back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Waited {
    /// Until when it waited.
    pub until: Timestamp,
}

#[async_trait]
impl Action for Wait {
    type Params = Params;
    type Output = Waited;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("flow.wait", "Wait", "Waits for a length of time or until a moment.", Effect::None)
            .utterances(&[
                "wait 10 minutes",
                "pause for two hours",
                "then wait until 6pm",
                "sleep 30 seconds before the next step",
                "hold off until tomorrow morning",
                "delay for a day",
                "after an hour, go on",
            ])
            .keywords(&["wait", "pause", "sleep", "delay", "hold", "later"])
            .example(json!({ "until": "2026-01-01T00:00:00Z" }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Waited>, StepError> {
        let until = match (params.length, params.until) {
            (Some(length), None) => add("flow.wait", &cx.now, &length)?,
            (None, Some(until)) => moment("flow.wait", &until, &cx.now)?,
            _ => {
                return Err(StepError::new("invalid_parameters", "flow.wait: give either \"for\" or \"until\"")
                    .help("for: 10m waits ten minutes; until: \"18:00\" waits for the next 18:00"));
            }
        };
        Ok(Outcome::WaitUntil { until, output: Waited { until } })
    }
}
