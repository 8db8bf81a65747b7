//! What fires a workflow: next times, addresses, and what is wrong with it.

use super::time;
use crate::ui::screen::Screen;
use crate::ui::text;
use jiff::tz::TimeZone;
use sayflow_protocol::api::{ActivatedWorkflow, TriggerView};
use std::fmt::Write as _;

/// What is active now, with its triggers. Ends with a line break.
pub fn activated(activated: &ActivatedWorkflow, screen: &Screen) -> String {
    let name = screen.bold(&text::one_line(&activated.summary.name));
    let Some(version) = activated.summary.active else {
        return format!("{name} is not active any more: no version was active before.\n");
    };
    let mark = screen.good(screen.pick("✔", "ok"));
    format!("{mark} {name}: version {version} is active\n{}", render(&activated.triggers, screen))
}

/// Each trigger with its next times. Ends with a line break; empty without triggers.
pub fn render(triggers: &[TriggerView], screen: &Screen) -> String {
    let mut rendered = String::new();
    for trigger in triggers {
        let words = text::wrap(&text::one_line(&trigger.description), screen.width, 4);
        let _ = writeln!(rendered, "  {}: {words}", screen.bold(&text::one_line(&trigger.kind)));
        if let Some(url) = &trigger.url {
            let _ = writeln!(rendered, "    {}", screen.hint(&text::one_line(url)));
        }
        let zone = TimeZone::get(&trigger.timezone).unwrap_or_else(|_| TimeZone::system());
        for at in &trigger.next {
            let _ = writeln!(rendered, "    {}", time::moment(*at, &zone));
        }
        if let Some(at) = trigger.looks_at {
            let _ = writeln!(rendered, "    {}", screen.dim(&format!("looks again {}", time::moment(at, &zone))));
        }
        if let Some(last) = trigger.last_fired {
            let times = text::count(trigger.fired, "time", "times");
            let _ = writeln!(rendered, "    {}", screen.dim(&format!("fired {times}, last {}", time::moment(last, &zone))));
        }
        for (word, why) in [("alarm:", &trigger.alarm), ("trouble:", &trigger.trouble)] {
            if let Some(why) = why {
                let words = text::wrap(&text::one_line(why), screen.width, 4);
                let _ = writeln!(rendered, "    {} {words}", screen.warn(word));
            }
        }
    }
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::plain;
    use serde_json::json;

    #[test]
    fn triggers_tell_when_where_and_what_is_wrong() {
        let triggers: Vec<TriggerView> = serde_json::from_value(json!([
            { "type": "schedule", "trigger": { "type": "schedule", "cron": "0 9 * * 1-5" }, "description": "every weekday at 09:00 (Europe/Berlin)", "timezone": "Europe/Berlin",
              "next": ["2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z"], "last_fired": "2026-11-20T08:00:00Z", "fired": 1,
              "alarm": "it should have run at 08:00 and did not" },
            { "type": "webhook", "trigger": { "type": "webhook", "path": "signup" }, "description": "when somebody calls POST /hooks/signup", "timezone": "UTC", "next": [], "last_fired": null, "fired": 0,
              "url": "http://127.0.0.1:8787/hooks/signup" },
            { "type": "feed", "trigger": { "type": "feed", "url": "https://news.example/feed.xml" }, "description": "when https://news.example/feed.xml has a new entry", "timezone": "UTC",
              "next": [], "looks_at": "2026-11-20T12:15:00Z",
              "last_fired": null, "fired": 0, "trouble": "the server answered 503" },
            { "type": "event", "trigger": { "type": "event", "workflow": "other", "on": "failed" }, "description": "when other has failed", "timezone": "UTC", "next": [], "last_fired": null, "fired": 0 }
        ]))
        .unwrap();
        insta::assert_snapshot!("triggers_80", render(&triggers, &plain(80)));
    }
}
