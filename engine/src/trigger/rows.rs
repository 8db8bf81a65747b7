//! From the triggers of a document to the rows that are kept of an active workflow.

use super::route;
use crate::action::Catalogue;
use crate::schedule::{Timing, TimingProblem, zone_of};
use jiff::Timestamp;
use sayflow_protocol::Workflow;
use sayflow_protocol::workflow::Trigger;
use sayflow_store::TriggerRow;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What begins the name of a channel among the things that triggers listen to; no workflow is called so.
const CHANNEL: &str = "channel:";

/// Why a trigger cannot be activated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriggerProblem {
    /// A schedule has no times.
    #[error("trigger {place}: {why}")]
    Timing {
        /// Its place in the document, from 1.
        place: usize,
        /// What is wrong with it.
        why: TimingProblem,
    },
    /// Nothing looks for new things of this kind.
    #[error("trigger {place}: this installation cannot look for new things of type {kind}")]
    NoSource {
        /// Its place in the document, from 1.
        place: usize,
        /// Its type.
        kind: String,
    },
    /// It cannot be written.
    #[error("trigger {place} cannot be kept: {why}")]
    Unwritable {
        /// Its place in the document, from 1.
        place: usize,
        /// Why.
        why: String,
    },
}

/// What a trigger that looks remembers: what its source does, and how often in a row it failed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    #[serde(default)]
    pub failures: u32,
    #[serde(default)]
    pub source: Value,
}

impl Memory {
    pub(super) fn read(state: &str) -> Self {
        serde_json::from_str(state).unwrap_or_default()
    }

    pub(super) fn write(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }
}

/// The rows of a workflow that becomes active now. Manual triggers need none. A trigger that is as it was goes on where it
/// stood: `before` are the rows that it had so far.
pub(super) fn rows(
    workflow: &Workflow,
    version: u32,
    before: &[TriggerRow],
    now: Timestamp,
    default_zone: &str,
    catalogue: &Catalogue,
) -> Result<Vec<TriggerRow>, TriggerProblem> {
    let mut rows = Vec::new();
    for (place, trigger) in workflow.triggers.iter().enumerate() {
        if matches!(trigger, Trigger::Manual {}) {
            continue;
        }
        let trigger = with_zone(trigger, workflow.timezone.as_deref(), default_zone);
        let mut row = fresh(&trigger, place, now, catalogue)?;
        row.workflow.clone_from(&workflow.name);
        row.version = i64::from(version);
        if let Some(old) = before.iter().find(|old| old.body == row.body) {
            row.state.clone_from(&old.state);
            (row.last_at, row.fired) = (old.last_at, old.fired);
            // What was put off or has trouble is tried at once.
            row.next_at = if old.trouble.is_some() { row.next_at.map(|_| now.as_microsecond()) } else { old.next_at };
        }
        rows.push(row);
    }
    Ok(rows)
}

/// A schedule with the zone in which it is read written into it, so that it does not change when a default does.
fn with_zone(trigger: &Trigger, workflow: Option<&str>, default: &str) -> Trigger {
    let zone = zone_of(trigger, workflow, default).to_owned();
    let mut trigger = trigger.clone();
    if let Trigger::Schedule { timezone, .. } = &mut trigger {
        *timezone = Some(zone);
    }
    trigger
}

fn fresh(trigger: &Trigger, place: usize, now: Timestamp, catalogue: &Catalogue) -> Result<TriggerRow, TriggerProblem> {
    let number = place + 1;
    let body = serde_json::to_string(trigger).map_err(|why| TriggerProblem::Unwritable { place: number, why: why.to_string() })?;
    let mut row = TriggerRow {
        place: i64::try_from(place).unwrap_or(i64::MAX),
        kind: trigger.kind().to_owned(),
        body,
        state: "{}".to_owned(),
        ..TriggerRow::default()
    };
    match trigger {
        Trigger::Schedule { timezone, .. } => {
            let timing = Timing::read(trigger, timezone.as_deref().unwrap_or("UTC"));
            let timing = timing.map_err(|why| TriggerProblem::Timing { place: number, why })?;
            row.last_at = Some(now.as_microsecond());
            row.next_at = timing.next(now, now).map(Timestamp::as_microsecond);
        }
        Trigger::Webhook { path, method, .. } => row.route = Some(route(method.as_deref(), path)),
        Trigger::Feed { .. } | Trigger::File { .. } => {
            if catalogue.source(trigger.kind()).is_none() {
                return Err(TriggerProblem::NoSource { place: number, kind: trigger.kind().to_owned() });
            }
            // The first look remembers what is there, so it must not wait.
            row.next_at = Some(now.as_microsecond());
        }
        Trigger::Event { workflow, .. } => row.listens_to = Some(workflow.clone()),
        Trigger::Message { channel, .. } => row.listens_to = Some(channel_name(channel)),
        Trigger::Manual {} => {}
    }
    Ok(row)
}

/// What a message trigger listens to.
pub(super) fn channel_name(channel: &str) -> String {
    format!("{CHANNEL}{}", channel.trim().to_lowercase())
}

/// Whether what a trigger listens to is a workflow.
pub(super) fn is_workflow(listens_to: &str) -> bool {
    !listens_to.starts_with(CHANNEL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn workflow(triggers: Value) -> Workflow {
        serde_json::from_value(json!({ "name": "w", "timezone": "Asia/Tokyo", "steps": [], "triggers": triggers })).unwrap()
    }

    fn rows_of(triggers: Value, before: &[TriggerRow]) -> Result<Vec<TriggerRow>, TriggerProblem> {
        let now = "2026-05-01T00:30:00Z".parse().unwrap();
        rows(&workflow(triggers), 3, before, now, "UTC", &Catalogue::new())
    }

    #[test]
    fn a_schedule_keeps_the_zone_in_which_it_was_activated() {
        let row = &rows_of(json!([{ "type": "manual" }, { "type": "schedule", "cron": "0 10 * * *" }]), &[]).unwrap()[0];
        assert_eq!((row.place, row.version, row.kind.as_str()), (1, 3, "schedule"));
        assert!(row.body.contains("Asia/Tokyo"), "{}", row.body);
        let next = Timestamp::from_microsecond(row.next_at.unwrap()).unwrap();
        assert_eq!(next.to_string(), "2026-05-01T01:00:00Z");
    }

    #[test]
    fn a_trigger_that_is_as_it_was_goes_on_where_it_stood() {
        let schedule = json!({ "type": "schedule", "every": "1h" });
        let mut old = rows_of(json!([schedule]), &[]).unwrap();
        (old[0].next_at, old[0].last_at, old[0].fired) = (Some(7), Some(5), 2);
        let kept = rows_of(json!([{ "type": "webhook", "path": "/a/" }, schedule]), &old).unwrap();
        assert_eq!(kept[0].route.as_deref(), Some("POST a"));
        assert_eq!((kept[1].place, kept[1].next_at, kept[1].last_at, kept[1].fired), (1, Some(7), Some(5), 2));
        let changed = rows_of(json!([{ "type": "schedule", "every": "2h" }]), &old).unwrap();
        assert_eq!((changed[0].fired, changed[0].last_at == Some(5)), (0, false));
    }

    #[test]
    fn what_cannot_fire_is_not_activated() {
        let zone = rows_of(json!([{ "type": "schedule", "cron": "0 9 * * *", "timezone": "Europe/Atlantis" }]), &[]).unwrap_err();
        assert!(zone.to_string().contains("trigger 1") && zone.to_string().contains("Europe/Atlantis"), "{zone}");
        let source = rows_of(json!([{ "type": "feed", "url": "https://x.example" }]), &[]).unwrap_err();
        assert_eq!(source, TriggerProblem::NoSource { place: 1, kind: "feed".into() });
    }

    #[test]
    fn channels_and_workflows_are_not_mixed_up() {
        let rows =
            rows_of(json!([{ "type": "message", "channel": " #News" }, { "type": "event", "workflow": "news", "on": "failed" }]), &[]);
        let names: Vec<_> = rows.unwrap().into_iter().filter_map(|row| row.listens_to).collect();
        assert_eq!(names, ["channel:#news", "news"]);
        assert_eq!(names.iter().map(|name| is_workflow(name)).collect::<Vec<_>>(), [false, true]);
    }
}
