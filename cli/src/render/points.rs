//! What a run waits for from outside, each point with the command that brings it on.

use super::time;
use crate::ui::screen::Screen;
use crate::ui::text;
use jiff::tz::TimeZone;
use sayflow_protocol::RunView;
use sayflow_protocol::event::ApprovalQuestion;
use sayflow_protocol::run::OpenPoint;
use std::fmt::Write as _;

/// All points, one or two lines each. Ends with a line break; empty when there is none.
pub fn render(run: &RunView, screen: &Screen) -> String {
    let mut rendered = String::new();
    for point in &run.open {
        let (mark, words, commands) = describe(run.id.as_str(), point);
        let mark = if mark == "?" { screen.warn(mark) } else { screen.hint(screen.pick(mark, ">")) };
        let _ = writeln!(rendered, "  {mark} {}", text::wrap(&words, screen.width, 4));
        for command in commands {
            let _ = writeln!(rendered, "    {}", screen.cut_to(&screen.hint(&command), screen.width.saturating_sub(4)));
        }
    }
    rendered
}

/// Mark, words, and the commands that bring it on.
fn describe(run: &str, point: &OpenPoint) -> (&'static str, String, Vec<String>) {
    match point {
        OpenPoint::Approval { step, approval, question } => {
            let words = format!("{} asks: {}{}", clean(&step.to_string()), text::lines(&question.message), conditions(question));
            ("?", words, vec![format!("sayflow approve {approval}"), format!("sayflow approve {approval} --no")])
        }
        OpenPoint::Unknown { step, error } => {
            let words = format!(
                "{} was sent and nobody knows whether it arrived: {}. Look there before you decide.",
                clean(&step.to_string()),
                text::one_line(&error.message).trim_end_matches('.')
            );
            ("?", words, vec![format!("sayflow runs decide {run} '{step}' retry|skip|fail")])
        }
        OpenPoint::Call { step, run: called, workflow } => {
            let words = format!("{} waits for {}, which runs as {called}.", clean(&step.to_string()), clean(workflow));
            ("▸", words, vec![format!("sayflow runs show {called}")])
        }
        OpenPoint::Step { step } => {
            let words = format!("It stops before {}.", clean(&step.to_string()));
            ("▸", words, vec![format!("sayflow runs advance {run}"), format!("sayflow runs advance {run} --end")])
        }
        OpenPoint::Resume { by } => ("▸", format!("Paused by {}.", clean(by)), vec![format!("sayflow runs resume {run}")]),
        OpenPoint::Store { why } => (
            "?",
            format!("The store cannot be written: {}. It goes on by itself when it can.", clean(why).trim_end_matches('.')),
            Vec::new(),
        ),
    }
}

/// Who may decide besides the owner, and until when.
fn conditions(question: &ApprovalQuestion) -> String {
    let mut parts = Vec::new();
    if !question.approvers.is_empty() {
        parts.push(format!("for {}", clean(&question.approvers.join(", "))));
    }
    if let Some(expires) = question.expires {
        parts.push(format!("refused after {}", time::stamp(expires, &TimeZone::system())));
    }
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) }
}

fn clean(text: &str) -> String {
    text::one_line(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::{ascii, plain};
    use serde_json::json;

    fn run() -> RunView {
        serde_json::from_value(json!({
            "id": "run-1", "workflow": "report", "version": 3, "dry_run": false, "status": "waiting", "created": "2026-11-20T12:00:00Z",
            "started": null, "ended": null, "error": null, "steps": [], "outputs": null,
            "open": [
                { "type": "approval", "step": "ok", "approval": "appr-1",
                  "question": { "message": "Send the report to \u{1b}[31mthe board?", "approvers": ["ann", "bob"], "payload_hash": "abc" } },
                { "type": "unknown", "step": "each[2]/mail", "error": { "code": "timeout", "message": "the server did not answer within 30 s." } },
                { "type": "call", "step": "more", "run": "run-2", "workflow": "collect" },
                { "type": "step", "step": "post" },
                { "type": "resume", "by": "owner" },
                { "type": "store", "why": "the disk is full" }
            ]
        }))
        .unwrap()
    }

    #[test]
    fn each_point_names_the_command_that_resolves_it() {
        insta::assert_snapshot!("points_80", render(&run(), &plain(80)));
        assert!(render(&run(), &ascii(80)).is_ascii());
    }
}
