//! What took longer than it was given gets more time, more tries or a later end.

use super::Fix;
use super::retry::is_repeatable;
use crate::explain::situation::Situation;
use sayflow_protocol::Interval;
use sayflow_protocol::api::Operation;
use serde_json::{Value, json};

/// The time of an attempt where the step sets none, and that of a request over HTTP, in milliseconds.
const USUAL: u64 = 10 * 60_000;
const OF_A_REQUEST: u64 = 60_000;
/// The longest that a machine and a person are given: a day, and thirty.
const LONGEST: u64 = 24 * 3_600_000;
const LONGEST_FOR_PEOPLE: u64 = 30 * LONGEST;
/// The most iterations that are proposed.
const MOST_TRIES: u32 = 1000;

pub(super) fn fix(situation: &Situation<'_>) -> Option<Fix> {
    match situation.error.code.as_str() {
        "timeout" => timeout(situation),
        "repeat_exhausted" => {
            let max = situation.step.repeat.as_ref()?.max;
            let more = max.saturating_mul(2).min(MOST_TRIES);
            (more > max).then(|| Fix::set(situation, "/repeat/max", more, format!("{max} tries were not enough.")))
        }
        "approval_expired" => {
            let written: Interval = situation.step.with.get("expires")?.as_str()?.parse().ok()?;
            let longer = doubled(&written, LONGEST_FOR_PEOPLE);
            Some(Fix::set(situation, "/with/expires", longer.as_str(), format!("Nobody decided within {written}.")))
        }
        _ => None,
    }
}

fn timeout(situation: &Situation<'_>) -> Option<Fix> {
    let of_the_group = situation.step.is_group();
    let given = situation.step.timeout.as_ref();
    let slow = situation.error.message.contains("did not end within") || of_the_group;
    let longer = match given {
        Some(given) => doubled(given, LONGEST),
        None if slow => Interval::from_millis(USUAL * 2),
        None => Interval::from_millis(OF_A_REQUEST * 2),
    };
    let because = match given {
        Some(given) => format!("It was given {given}, and that was not enough."),
        None => "It has no `timeout` of its own, and the usual one was not enough.".to_owned(),
    };
    let mut fix = Fix::set(situation, "/timeout", longer.as_str(), because);
    if !slow && situation.step.retry.is_none() && is_repeatable(situation) {
        fix.operations.push(Operation::Set {
            step: Some(situation.path.clone()),
            pointer: "/retry".to_owned(),
            value: json!({ "max_attempts": 3, "backoff": "5s" }),
        });
    }
    Some(fix)
}

/// The same for the run as a whole, which no step names.
pub(in crate::explain) fn of_the_run(timeout: Option<&Interval>) -> Option<Fix> {
    let given = timeout?;
    let set = Operation::Set { step: None, pointer: "/timeout".to_owned(), value: Value::from(doubled(given, LONGEST).as_str()) };
    Some(Fix { operations: vec![set], because: format!("The run was given {given}, and that was not enough.") })
}

fn doubled(given: &Interval, most: u64) -> Interval {
    let millis = u64::try_from(given.duration().as_millis()).unwrap_or(most);
    Interval::from_millis(millis.saturating_mul(2).clamp(1000, most.max(millis)))
}
