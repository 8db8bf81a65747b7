//! Say it back: trigger with zone and next times, what is read, what is written where, accounts used, what is assumed.

use super::places::{accounts, places};
use super::start::{start, zone_of};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sayflow_prompts::{self as prompts, SummaryArgs};
use sayflow_protocol::{Effect, Footprint, Workflow};
use serde_json::Value;

/// How many next times are named; more are in the draft.
const NEXT_TIMES: usize = 3;

/// What a workflow does, in a few lines of Markdown. `zone` is the IANA name of the person's zone, used where the
/// workflow names none; `notes` are what the planner took for granted.
pub fn summary(workflow: &Workflow, footprint: &Footprint, next_fires: &[Timestamp], zone: &str, notes: &[String]) -> String {
    let zone = zone_of(workflow).unwrap_or(zone);
    prompts::summary(&SummaryArgs {
        name: workflow.name.clone(),
        description: workflow.description.clone(),
        starts: workflow.triggers.iter().map(|trigger| start(trigger, zone)).collect(),
        next: next_fires.iter().take(NEXT_TIMES).map(|at| time_in(*at, zone)).collect(),
        inputs: workflow.inputs.iter().map(|(name, schema)| input(name, schema)).collect(),
        reads: places(footprint, Effect::Read),
        writes: places(footprint, Effect::Write),
        accounts: accounts(workflow, footprint),
        assumed: notes.to_vec(),
    })
}

/// `Mon 23 Nov 2026 09:00`, in the zone; in UTC, and saying so, where the zone is not known.
fn time_in(at: Timestamp, zone: &str) -> String {
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
