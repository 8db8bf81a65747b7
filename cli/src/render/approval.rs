//! Approvals as objects: what is asked, who may decide, until when, and what exactly is decided about.

use super::{time, value};
use crate::ui::screen::Screen;
use crate::ui::text;
use jiff::tz::TimeZone;
use sayflow_protocol::api::ApprovalObject;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// One approval in full. Ends with a line break.
pub fn in_full(approval: &ApprovalObject, screen: &Screen) -> String {
    let zone = TimeZone::system();
    let mut rendered = format!("{}\n", screen.bold(&text::wrap(&text::lines(&approval.what), screen.width, 0)));
    let run = approval.run.as_ref().map(|run| {
        let step = approval.step.as_deref().map(|step| format!(" at {}", text::one_line(step))).unwrap_or_default();
        format!("{}, run {}{step}", text::one_line(&approval.workflow), text::one_line(run.as_str()))
    });
    line(&mut rendered, "for", &run.unwrap_or_else(|| text::one_line(&approval.workflow)), screen);
    let who = ["the owner"].into_iter().map(str::to_owned).chain(approval.deciders.iter().map(|name| text::one_line(name)));
    line(&mut rendered, "may decide", &who.collect::<Vec<_>>().join(", "), screen);
    line(&mut rendered, "asked", &time::stamp(approval.created, &zone), screen);
    if let Some(expires) = approval.expires {
        line(&mut rendered, "expires", &time::stamp(expires, &zone), screen);
    }
    line(&mut rendered, "sha256", &text::one_line(&approval.payload_hash), screen);
    if let Some(decision) = approval.decision {
        let by = approval.decided_by.as_deref().map(|by| format!(" by {}", text::one_line(by))).unwrap_or_default();
        let via = approval.decided_via.as_deref().map(|via| format!(" in {}", text::one_line(via))).unwrap_or_default();
        let at = approval.decided_at.map(|at| format!(" at {}", time::stamp(at, &zone))).unwrap_or_default();
        line(&mut rendered, "decided", &format!("{}{by}{via}{at}", decision.as_str()), screen);
    }
    if let Some(comment) = &approval.comment {
        line(&mut rendered, "comment", &text::one_line(comment), screen);
    }
    line(&mut rendered, "id", &text::one_line(approval.id.as_str()), screen);
    let details = details(approval);
    if !details.is_empty() {
        let _ = writeln!(rendered, "  {}", screen.dim("what exactly"));
        rendered.push_str(&value::block(&Value::Object(details), 4, screen));
    }
    rendered
}

/// What the payload says beyond the sentence that was asked.
fn details(approval: &ApprovalObject) -> Map<String, Value> {
    let Value::Object(payload) = &approval.payload else { return Map::new() };
    let says_more = |value: &Value| !value.is_null() && value.as_str() != Some(&approval.what);
    payload.iter().filter(|(_, value)| says_more(value)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn line(rendered: &mut String, name: &str, words: &str, screen: &Screen) {
    const NAME: usize = 10;
    let _ = writeln!(rendered, "  {}  {}", screen.dim(&text::pad(name, NAME)), text::wrap(words, screen.width, NAME + 4));
}

/// The list of open ones, with the commands that decide. Ends with a line break.
pub fn list(approvals: &[ApprovalObject], screen: &Screen) -> String {
    if approvals.is_empty() {
        return "Nothing waits for a decision.\n".to_owned();
    }
    let mut rendered = String::new();
    for (place, approval) in approvals.iter().enumerate() {
        if place > 0 {
            rendered.push('\n');
        }
        rendered.push_str(&in_full(approval, screen));
        if approval.decision.is_none() {
            let command = format!("sayflow approve {}", text::one_line(approval.id.as_str()));
            let _ = writeln!(rendered, "  {}", screen.cut_to(&screen.hint(&command), screen.width.saturating_sub(2)));
            let _ = writeln!(rendered, "  {}", screen.cut_to(&screen.hint(&format!("{command} --no")), screen.width.saturating_sub(2)));
        }
    }
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::plain;
    use serde_json::json;

    fn approval() -> ApprovalObject {
        serde_json::from_value(json!({
            "id": "0197a3f2-0000-7000-8000-00000000000a", "kind": "step", "what": "Send the report to the board?", "run": "run-1", "step": "ok",
            "workflow": "report", "payload_hash": "ab".repeat(32), "payload": { "message": "Send the report to the board?", "to": "board@example.com", "place": null }, "deciders": ["ann"],
            "created": "2026-11-20T12:00:00Z", "expires": "2026-11-21T12:00:00Z", "decision": null, "decided_by": null, "decided_via": null,
            "comment": null, "decided_at": null
        }))
        .unwrap()
    }

    /// Times are told in the zone of the machine.
    fn without_times(rendered: &str) -> String {
        rendered
            .lines()
            .filter(|line| !line.contains("asked") && !line.contains("expires"))
            .fold(String::new(), |all, line| all + line + "\n")
    }

    #[test]
    fn an_open_approval_says_what_who_and_how() {
        insta::assert_snapshot!("approval_open_80", without_times(&list(&[approval()], &plain(80))));
        assert_eq!(list(&[], &plain(80)), "Nothing waits for a decision.\n");
    }

    #[test]
    fn a_decided_one_says_who_decided_where() {
        let decided = ApprovalObject {
            decision: Some(sayflow_protocol::api::ApprovalOutcome::Rejected),
            decided_by: Some("ann".to_owned()),
            decided_via: Some("cli".to_owned()),
            comment: Some("not\nyet".to_owned()),
            ..approval()
        };
        let rendered = list(&[decided], &plain(80));
        assert!(rendered.contains("rejected by ann in cli") && rendered.contains("not yet") && !rendered.contains("--no"), "{rendered}");
    }
}
