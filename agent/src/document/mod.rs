//! A workflow as a page for people: what starts it, what it does step by step, what it reads and writes, and what happens
//! when it fails. Whoever reads it need not know Sayflow.

mod step;

use crate::say;
use jiff::Timestamp;
use sayflow_engine::action::Catalogue;
use sayflow_engine::schedule::{describe as describe_trigger, zone_of};
use sayflow_prompts::{self as prompts, DocumentArgs};
use sayflow_protocol::workflow::Trigger;
use sayflow_protocol::{Effect, Footprint, Workflow};
use serde_json::Value;

/// How many next times are named.
const NEXT_TIMES: usize = 3;

/// The page in Markdown. `zone` is the IANA name of the person's zone, used where the workflow names none.
pub fn describe(workflow: &Workflow, catalogue: &Catalogue, footprint: &Footprint, next_fires: &[Timestamp], zone: &str) -> String {
    let own_zone = |trigger| zone_of(trigger, workflow.timezone.as_deref(), zone);
    let shown_zone = workflow.triggers.iter().find(|trigger| trigger.kind() == "schedule").map_or(zone, own_zone);
    let mut on_failure = Vec::new();
    step::tell(&workflow.on_failure, catalogue, 0, &mut on_failure);
    let mut steps = Vec::new();
    step::tell(&workflow.steps, catalogue, 0, &mut steps);
    prompts::document(&DocumentArgs {
        name: workflow.name.clone(),
        description: workflow.description.clone().map(|text| text.trim().trim_end_matches('.').to_owned()),
        starts: workflow.triggers.iter().map(|trigger| describe_trigger(&in_zone(trigger, own_zone(trigger)))).collect(),
        next: next_fires.iter().take(NEXT_TIMES).map(|at| say::time_in(*at, shown_zone)).collect(),
        inputs: workflow.inputs.iter().map(|(name, schema)| input(name, schema)).collect(),
        steps,
        on_failure,
        outputs: workflow.outputs.iter().map(|(name, value)| format!("{name}: {}", say::plain(value))).collect(),
        reads: say::places(footprint, Effect::Read).iter().map(|place| say::plain_whole(place)).collect(),
        writes: say::places(footprint, Effect::Write).iter().map(|place| say::plain_whole(place)).collect(),
        accounts: say::accounts(workflow, footprint),
        at_once: workflow.concurrency,
        timeout: workflow.timeout.as_ref().map(ToString::to_string),
        unattended: workflow.triggers.iter().any(|trigger| !matches!(trigger, Trigger::Manual {})),
    })
}

/// The trigger with the zone that it is read in, so that its description names it.
fn in_zone(trigger: &Trigger, zone: &str) -> Trigger {
    let mut trigger = trigger.clone();
    if let Trigger::Schedule { timezone, .. } = &mut trigger {
        *timezone = Some(zone.to_owned());
    }
    trigger
}

/// `keyword: a text, "Rust" when left out`.
fn input(name: &str, schema: &Value) -> String {
    let kind = match schema.get("type").and_then(Value::as_str) {
        Some("string") => "a text",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "yes or no",
        Some("array") => "a list",
        Some("object") => "an object",
        _ => "a value",
    };
    let about =
        schema.get("description").and_then(Value::as_str).map(|text| format!(" ({})", text.trim_end_matches('.'))).unwrap_or_default();
    let default = match schema.get("default") {
        Some(value) => format!(", {value} when left out"),
        None => String::new(),
    };
    format!("{name}: {kind}{about}{default}")
}
