//! Triggers in words: `at 09:00, Monday through Friday (Europe/Berlin)`.

use super::cron::cron_words;
use sayflow_protocol::workflow::{EventKind, Trigger};
use sayflow_protocol::{Interval, Workflow};

/// How often a feed is looked at when its trigger does not say.
const FEED_EVERY: &str = "15 minutes";

/// The zone that the workflow's first schedule is read in, where the document names one.
pub(super) fn zone_of(workflow: &Workflow) -> Option<&str> {
    let own = workflow.triggers.iter().find_map(|trigger| match trigger {
        Trigger::Schedule { timezone, .. } => timezone.as_deref(),
        _ => None,
    });
    own.or(workflow.timezone.as_deref())
}

/// What starts it, to stand behind "Starts". `zone` is that of schedules that name none.
pub(super) fn start(trigger: &Trigger, zone: &str) -> String {
    match trigger {
        Trigger::Manual {} => "when you run it".to_owned(),
        Trigger::Schedule { cron: Some(cron), timezone, .. } => format!("{} ({})", cron_words(cron), timezone.as_deref().unwrap_or(zone)),
        Trigger::Schedule { every: Some(every), .. } => format!("every {}", span_words(every)),
        Trigger::Schedule { at: Some(at), timezone, .. } => format!("once, at {at} ({})", timezone.as_deref().unwrap_or(zone)),
        Trigger::Schedule { .. } => "on a schedule without a time".to_owned(),
        Trigger::Webhook { path, method, .. } => {
            format!("on a {} request to /hooks/{}", method.as_deref().unwrap_or("POST").to_uppercase(), path.trim_start_matches('/'))
        }
        Trigger::Feed { url, every } => {
            format!("on a new entry in {url}, looked at every {}", every.as_ref().map_or_else(|| FEED_EVERY.to_owned(), span_words))
        }
        Trigger::File { path, pattern: Some(pattern) } => format!("when a file like {pattern} is new or changed in {path}"),
        Trigger::File { path, pattern: None } => format!("when a file is new or changed in {path}"),
        Trigger::Event { workflow, on: EventKind::Failed } => format!("after {workflow} failed"),
        Trigger::Event { workflow, on: EventKind::Succeeded } => format!("after {workflow} succeeded"),
        Trigger::Message { channel, pattern: Some(pattern) } => format!("on a message with \"{pattern}\" in {channel}"),
        Trigger::Message { channel, pattern: None } => format!("on a message in {channel}"),
    }
}

/// `15 minutes`, `1 hour`; mixed lengths as they are written.
fn span_words(span: &Interval) -> String {
    let millis = span.duration().as_millis();
    let units = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")];
    match units.into_iter().find(|(size, _)| millis >= *size && millis.is_multiple_of(*size)) {
        Some((size, unit)) if millis == size => unit.to_owned(),
        Some((size, unit)) => format!("{} {unit}s", millis / size),
        None => span.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(key: &str, value: &str) -> String {
        let trigger = serde_json::json!({ "type": "schedule", key: value });
        start(&serde_json::from_value(trigger).unwrap(), "Europe/Berlin")
    }

    #[test]
    fn schedules_read_like_sentences() {
        let said: Vec<String> =
            ["0 9 * * 1-5", "*/15 * * * *", "0 12 1 * *", "0 8,14,20 * * *", "30 7 * * 1", "0 9-17 * * 1-5", "5 4 1 1 *"]
                .into_iter()
                .map(|cron| format!("{cron} -> {}", schedule("cron", cron)))
                .chain(["15m", "1h", "1d", "90m", "1m30s"].into_iter().map(|every| format!("{every} -> {}", schedule("every", every))))
                .collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn a_cron_line_that_is_none_is_shown_as_it_is() {
        assert_eq!(schedule("cron", "soon"), "on the schedule \"soon\" (Europe/Berlin)");
    }
}
