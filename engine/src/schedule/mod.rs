//! Schedules: when they fire next, whether they are right, and what they say in plain words.
//!
//! Times of day follow the zone's clock. A time that the clock skips in spring fires at the next valid moment; one
//! that it shows twice in autumn fires once, the first time. A pattern whose minute or hour begins with `*` is a rhythm
//! and goes on in real time. Everything here is pure: the present moment comes in.

mod clock;
mod cron;
mod decide;
mod describe;
mod misfire;
mod timing;

pub use cron::{CronProblem, validate_cron};
pub use decide::{Decision, GRACE, Going, Policy, decide};
pub use describe::describe;
pub use misfire::{Misfire, MisfireError};
pub use timing::{Timing, TimingProblem};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sayflow_protocol::workflow::{Trigger, Workflow};

/// The next moments at which any of the workflow's schedules fires: at most `n`, each after `from`, in order. The
/// default zone is the IANA name that counts where neither trigger nor workflow has one. A schedule that cannot be
/// read has no moments: the checks say why.
pub fn next_fires(workflow: &Workflow, from: Timestamp, default_zone: &str, n: usize) -> Vec<Timestamp> {
    let mut all = Vec::new();
    for trigger in &workflow.triggers {
        let mut after = from;
        for _ in 0..n {
            let Some(next) = next_after(trigger, zone_of(trigger, workflow.timezone.as_deref(), default_zone), after) else { break };
            all.push(next);
            after = next;
        }
    }
    all.sort_unstable();
    all.dedup();
    all.truncate(n);
    all
}

/// The IANA name of the zone in which a trigger is read: its own, else the workflow's, else the default.
pub fn zone_of<'a>(trigger: &'a Trigger, workflow: Option<&'a str>, default: &'a str) -> &'a str {
    let own = match trigger {
        Trigger::Schedule { timezone, .. } => timezone.as_deref(),
        _ => None,
    };
    own.or(workflow).unwrap_or(default)
}

/// The first moment after `after` at which a schedule fires. An `every` counts from `after`. `None` for other triggers,
/// for a schedule that is over, and for one that cannot be read.
pub fn next_after(trigger: &Trigger, zone: &str, after: Timestamp) -> Option<Timestamp> {
    Timing::read(trigger, zone).ok()?.next(after, after)
}

/// Reads an `at`: RFC 3339, or a civil date and time in the zone.
pub fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    // A text with a zone of its own that did not read above must not be read without it.
    if text.ends_with(['Z', 'z', ']']) {
        return None;
    }
    let civil: DateTime = text.parse().ok()?;
    zone.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fires(trigger: serde_json::Value, from: &str, n: usize) -> Vec<String> {
        let value = json!({ "name": "x", "triggers": [trigger], "steps": [], "timezone": "Europe/Berlin" });
        let workflow: Workflow = serde_json::from_value(value).expect("a workflow");
        next_fires(&workflow, from.parse().expect("a time"), "UTC", n).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_cron_follows_the_clock_of_its_zone() {
        let weekdays = json!({ "type": "schedule", "cron": "0 9 * * 1-5" });
        assert_eq!(fires(weekdays, "2026-03-26T12:00:00Z", 3), ["2026-03-27T08:00:00Z", "2026-03-30T07:00:00Z", "2026-03-31T07:00:00Z"]);
        let own_zone = json!({ "type": "schedule", "cron": "0 9 * * *", "timezone": "America/New_York" });
        assert_eq!(fires(own_zone, "2026-01-01T00:00:00Z", 1), ["2026-01-01T14:00:00Z"]);
    }

    #[test]
    fn a_time_that_the_clock_skips_fires_at_the_next_valid_moment() {
        let skipped = json!({ "type": "schedule", "cron": "30 2 * * *" });
        assert_eq!(fires(skipped, "2026-03-28T00:00:00Z", 3), ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    }

    #[test]
    fn a_time_that_the_clock_shows_twice_fires_once() {
        let doubled = json!({ "type": "schedule", "cron": "30 2 * * *" });
        assert_eq!(fires(doubled, "2026-10-24T12:00:00Z", 2), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    }

    #[test]
    fn intervals_and_single_moments() {
        assert_eq!(
            fires(json!({ "type": "schedule", "every": "90m" }), "2026-01-01T00:00:00Z", 2),
            ["2026-01-01T01:30:00Z", "2026-01-01T03:00:00Z"]
        );
        let once = json!({ "type": "schedule", "at": "2026-07-01T09:00" });
        assert_eq!(fires(once.clone(), "2026-01-01T00:00:00Z", 5), ["2026-07-01T07:00:00Z"]);
        assert!(fires(once, "2027-01-01T00:00:00Z", 5).is_empty());
        assert_eq!(
            fires(json!({ "type": "schedule", "at": "2026-07-01T09:00:00+05:00" }), "2026-01-01T00:00:00Z", 5),
            ["2026-07-01T04:00:00Z"]
        );
    }

    #[test]
    fn several_schedules_are_merged_in_order_without_repeats() {
        let value = json!({ "name": "x", "steps": [], "triggers": [
            { "type": "schedule", "cron": "0 12 * * *" },
            { "type": "manual" },
            { "type": "schedule", "cron": "0 */6 * * *" },
        ] });
        let workflow: Workflow = serde_json::from_value(value).expect("a workflow");
        let next = next_fires(&workflow, "2026-01-01T05:00:00Z".parse().expect("a time"), "UTC", 3);
        let hours: Vec<String> = next.iter().map(ToString::to_string).collect();
        assert_eq!(hours, ["2026-01-01T06:00:00Z", "2026-01-01T12:00:00Z", "2026-01-01T18:00:00Z"]);
    }
}
