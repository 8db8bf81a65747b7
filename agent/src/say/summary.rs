//! Say it back: trigger with zone and next times, what is read, what is written where, accounts used, what is assumed.

use super::places::{accounts, models, places};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sayflow_engine::schedule::{describe, zone_of};
use sayflow_prompts::{self as prompts, SummaryArgs};
use sayflow_protocol::workflow::Trigger;
use sayflow_protocol::{Effect, Footprint, Workflow};
use serde_json::Value;

/// How many next times are named; more are in the draft.
const NEXT_TIMES: usize = 3;

/// What a workflow does, in a few lines of Markdown. `zone` is the IANA name of the person's zone, used where the
/// workflow names none; `notes` are what the planner took for granted.
pub fn summary(workflow: &Workflow, footprint: &Footprint, next_fires: &[Timestamp], zone: &str, notes: &[String]) -> String {
    let zone_of = |trigger| zone_of(trigger, workflow.timezone.as_deref(), zone);
    let shown_zone = workflow.triggers.iter().find(|trigger| trigger.kind() == "schedule").map_or(zone, zone_of);
    prompts::summary(&SummaryArgs {
        name: workflow.name.clone(),
        description: workflow.description.clone(),
        starts: workflow.triggers.iter().map(|trigger| describe(&in_zone(trigger, zone_of(trigger)))).collect(),
        next: next_fires.iter().take(NEXT_TIMES).map(|at| time_in(*at, shown_zone)).collect(),
        inputs: workflow.inputs.iter().map(|(name, schema)| input(name, schema)).collect(),
        reads: places(footprint, Effect::Read),
        models: models(footprint),
        writes: places(footprint, Effect::Write),
        accounts: accounts(workflow, footprint),
        assumed: notes.to_vec(),
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

/// `Mon 23 Nov 2026 09:00`, in the zone; in UTC, and saying so, where the zone is not known.
pub fn time_in(at: Timestamp, zone: &str) -> String {
    match TimeZone::get(zone) {
        Ok(known) => at.to_zoned(known).strftime("%a %-d %b %Y %H:%M").to_string(),
        Err(_) => at.to_zoned(TimeZone::UTC).strftime("%a %-d %b %Y %H:%M UTC").to_string(),
    }
}

fn input(name: &str, schema: &Value) -> String {
    match schema.get("default") {
        Some(Value::String(text)) => format!("{name} (\"{text}\" when left out)"),
        Some(value) => format!("{name} ({value} when left out)"),
        None => name.to_owned(),
    }
}
