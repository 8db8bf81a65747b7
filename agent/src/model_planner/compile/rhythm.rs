//! "3 times a day" must be three times a day. The commonest fault of generated schedules can be checked by counting.

use jiff::{Span, Zoned};
use regex::Regex;
use sayflow_engine::schedule::{next_after, zone_of};
use sayflow_protocol::Workflow;
use sayflow_protocol::workflow::Trigger;
use std::sync::LazyLock;

/// More than this is not counted.
const MOST: u32 = 400;

/// The sentence that says how often, and within what.
fn wanted(request: &str) -> Option<(String, u32, &'static str)> {
    static TIMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let count = r"(?P<count>\d{1,3}|once|twice|thrice|one|two|three|four|five|six|seven|eight|nine|ten|twelve)";
        Regex::new(&format!(
            r"(?i)\b{count}\s*(?:times|time|x|×)?\s*(?:(?:a|an|per|each|every)\s+(?P<unit>day|hour|week)|(?P<adverb>daily|hourly|weekly))\b"
        ))
        .ok()
    });
    let found = TIMES.as_ref()?.captures(request)?;
    let word = found.name("count")?.as_str().to_lowercase();
    let whole = found.get(0)?.as_str();
    let counted = ["time", "x", "×"].iter().any(|mark| whole.to_lowercase().contains(mark));
    let count = match word.as_str() {
        "once" => 1,
        "twice" => 2,
        "thrice" => 3,
        // "two a day" may be about orders; "two times a day" is not.
        _ if !counted => return None,
        "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        "twelve" => 12,
        digits => digits.parse().ok()?,
    };
    let unit = match found.name("unit").or_else(|| found.name("adverb"))?.as_str().to_lowercase().as_str() {
        "day" | "daily" => "day",
        "hour" | "hourly" => "hour",
        _ => "week",
    };
    Some((whole.trim().to_owned(), count, unit))
}

/// What is wrong with a workflow's schedules when the request says how often and they fire at another rate.
pub fn rhythm_fault(request: &str, workflow: &Workflow, now: &Zoned, timezone: &str) -> Option<String> {
    let (words, count, unit) = wanted(request)?;
    let schedules: Vec<&Trigger> =
        workflow.triggers.iter().filter(|trigger| matches!(trigger, Trigger::Schedule { at: None, .. })).collect();
    if schedules.is_empty() {
        return None;
    }
    // A whole week is looked at, and its fullest unit counts: "twice a day" may be meant for weekdays.
    let span = Span::new().days(7);
    let from = now.start_of_day().ok()?;
    let until = from.checked_add(span).ok()?.timestamp();
    let mut fires: Vec<jiff::Timestamp> = Vec::new();
    for trigger in schedules {
        let zone = zone_of(trigger, workflow.timezone.as_deref(), timezone);
        let mut after = from.timestamp().checked_sub(jiff::SignedDuration::from_secs(1)).ok()?;
        while let Some(next) = next_after(trigger, zone, after).filter(|next| *next < until) {
            fires.push(next);
            after = next;
            if fires.len() as u32 > MOST * 7 {
                return None;
            }
        }
    }
    let fullest = |key: &dyn Fn(&Zoned) -> String| {
        let mut counts = std::collections::BTreeMap::<String, u32>::new();
        for fire in &fires {
            *counts.entry(key(&fire.to_zoned(now.time_zone().clone()))).or_default() += 1;
        }
        counts.into_values().max().unwrap_or(0)
    };
    let found = match unit {
        "day" => fullest(&|at| at.date().to_string()),
        "hour" => fullest(&|at| format!("{} {}", at.date(), at.hour())),
        _ => fires.len() as u32,
    };
    (found != count).then(|| {
        let example = match (unit, count) {
            ("day", 2) => "; for example cron \"0 9,17 * * *\"",
            ("day", 3) => "; for example cron \"0 8,13,18 * * *\"",
            ("day", 4) => "; for example cron \"0 8,12,16,20 * * *\"",
            _ => "",
        };
        format!("the request says \"{words}\", and the schedule fires {found} times a {unit}{example}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fault(request: &str, trigger: serde_json::Value) -> Option<String> {
        let workflow = json!({ "name": "a", "triggers": [trigger], "steps": [] });
        let now: Zoned = "2026-11-20T12:00:00+01:00[Europe/Berlin]".parse().unwrap();
        rhythm_fault(request, &serde_json::from_value(workflow).unwrap(), &now, "Europe/Berlin")
    }

    #[test]
    fn three_times_a_day_is_not_every_six_hours() {
        for request in ["3× a day check it", "3 times a day", "three times per day", "check it 3x daily"] {
            let why = fault(request, json!({ "type": "schedule", "cron": "0 */6 * * *" })).unwrap();
            assert!(why.contains("fires 4 times a day") && why.contains("0 8,13,18"), "{why}");
            assert_eq!(fault(request, json!({ "type": "schedule", "cron": "0 8,13,18 * * *" })), None, "{request}");
            assert_eq!(fault(request, json!({ "type": "schedule", "every": "8h" })), None, "{request}");
        }
    }

    #[test]
    fn other_units_are_counted_too() {
        assert!(fault("twice a week", json!({ "type": "schedule", "cron": "0 9 * * 1,3,5" })).unwrap().contains("3 times a week"));
        assert_eq!(fault("twice an hour", json!({ "type": "schedule", "every": "30m" })), None);
        assert_eq!(fault("once a day on weekdays", json!({ "type": "schedule", "cron": "0 9 * * 1-5" })), None);
        assert_eq!(fault("at most 5 orders a day", json!({ "type": "schedule", "every": "1h" })), None);
        assert_eq!(fault("every 2 hours", json!({ "type": "schedule", "every": "2h" })), None);
    }
}
