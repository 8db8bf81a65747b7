//! The slots that every template with a schedule has, without saying so: its zone, and its time where there is one
//! schedule.

use sayflow_protocol::Workflow;
use sayflow_protocol::api::template::TemplateSlot;
use sayflow_protocol::workflow::Trigger;
use serde_json::json;

/// The slot and the place of the zone.
pub(super) const TIMEZONE: &str = "timezone";

/// The slots that the schedules of a workflow bring along.
pub(super) fn implied(workflow: &Workflow) -> Vec<TemplateSlot> {
    let schedules: Vec<(usize, &Trigger)> =
        workflow.triggers.iter().enumerate().filter(|(_, trigger)| matches!(trigger, Trigger::Schedule { .. })).collect();
    let mut slots = Vec::new();
    if let [(place, Trigger::Schedule { cron, every, at, .. })] = schedules.as_slice() {
        let every = every.as_ref().map(ToString::to_string);
        let times = [
            ("cron", cron.as_ref(), "When it runs: minute, hour, day of the month, month, day of the week."),
            ("every", every.as_ref(), "How often it runs, such as 15m or 2h."),
            ("at", at.as_ref(), "When it runs, once."),
        ];
        let slot = |(name, value, description): (&str, Option<&String>, &str)| {
            value.map(|value| slot(name, description, Some(value), format!("triggers.{place}.{name}")))
        };
        slots.extend(times.into_iter().filter_map(slot));
    }
    if !schedules.is_empty() {
        let description = "The time zone of the schedule, such as Europe/Berlin; yours if left out.";
        slots.push(slot(TIMEZONE, description, workflow.timezone.as_ref(), TIMEZONE.to_owned()));
    }
    slots
}

/// Whether a slot is one of these.
pub(super) fn is_implied(slot: &TemplateSlot, workflow: &Workflow) -> bool {
    implied(workflow).contains(slot)
}

fn slot(name: &str, description: &str, default: Option<&String>, place: String) -> TemplateSlot {
    TemplateSlot {
        name: name.to_owned(),
        description: description.to_owned(),
        default: default.map(|text| json!(text)),
        required: false,
        schema: json!({ "type": "string" }),
        sets: vec![place],
    }
}
