//! A draft as a person judges it: the steps as a graph, where it reads and writes, when it would start, what a dry run
//! showed.

use super::{diagnostic, footprint, graph, time, value};
use crate::ui::screen::Screen;
use crate::ui::text;
use sayflow_protocol::RunStatus;
use sayflow_protocol::api::{ApprovalView, DraftView, DryRunReport, TurnView};
use std::fmt::Write as _;

/// What the agent said and what it drafted. Ends with a line break.
pub fn turn(turn: &TurnView, screen: &Screen) -> String {
    let mut rendered = String::new();
    let reply = text::lines(turn.reply.trim());
    if !reply.is_empty() && !only_asks(turn) {
        let _ = writeln!(rendered, "{}", text::prose(&reply, screen.width));
    }
    if let Some(draft) = &turn.draft {
        let summary = text::lines(draft.summary.trim());
        if !summary.is_empty() && !reply.contains(&summary) {
            let _ = writeln!(rendered, "{}", text::prose(&summary, screen.width));
        }
        rendered.push_str(&self::draft(draft, &reply, screen));
    }
    if let Some(diff) = &turn.proposal {
        heading(&mut rendered, &format!("Proposed change of {}", text::one_line(&diff.against)), screen);
        rendered.push_str(&difference(&diff.text, screen));
    }
    rendered
}

/// Whether the reply says no more than the open questions, which are shown by themselves.
pub fn only_asks(turn: &TurnView) -> bool {
    let mut rest = turn.reply.clone();
    for question in &turn.questions {
        let text = question.text.trim();
        if text.is_empty() || !rest.contains(text) {
            return false;
        }
        rest = rest.replacen(text, "", 1);
        for choice in &question.choices {
            rest = rest.replacen(choice.as_str(), "", 1);
        }
    }
    // "Before I can draft this, I need to know:" and the numbers.
    let more = rest.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
    !turn.questions.is_empty() && more <= INTRODUCTION
}

/// So many words lead in to questions.
const INTRODUCTION: usize = 12;

/// A draft without its summary, and without what the reply has said.
fn draft(draft: &DraftView, reply: &str, screen: &Screen) -> String {
    let mut rendered = String::new();
    let name = draft.workflow["name"].as_str().unwrap_or("workflow");
    heading(&mut rendered, &format!("Plan: {}", text::one_line(name)), screen);
    rendered.push_str(&graph::render(&draft.graph, screen));
    if let Some(diff) = draft.diff.as_ref().filter(|diff| !diff.text.trim().is_empty()) {
        heading(&mut rendered, &format!("Changed against {}", text::one_line(&diff.against)), screen);
        rendered.push_str(&difference(&diff.text, screen));
    }
    if !draft.footprint.is_empty() {
        heading(&mut rendered, "Reads and writes", screen);
        rendered.push_str(&footprint::render(&draft.footprint, screen));
    }
    next_fires(&mut rendered, draft, screen);
    if let Some(report) = &draft.dry_run {
        dry_run(&mut rendered, report, reply, screen);
    }
    if !draft.diagnostics.is_empty() {
        heading(&mut rendered, &format!("Findings ({})", diagnostic::tally(&draft.diagnostics)), screen);
        rendered.push_str(&diagnostic::render_all(&draft.diagnostics, None, screen));
    }
    rendered
}

/// A unified difference, with what goes and what comes coloured.
fn difference(text: &str, screen: &Screen) -> String {
    let mut rendered = String::new();
    for line in text::lines(text.trim_end()).lines() {
        let line = screen.cut_to(line, screen.width.saturating_sub(2));
        let line = match line.chars().next() {
            Some('+') => screen.good(&line),
            Some('-') => screen.bad(&line),
            _ => screen.dim(&line),
        };
        let _ = writeln!(rendered, "  {line}");
    }
    rendered
}

fn heading(rendered: &mut String, words: &str, screen: &Screen) {
    let _ = writeln!(rendered, "\n{}", screen.bold(words));
}

fn next_fires(rendered: &mut String, draft: &DraftView, screen: &Screen) {
    if draft.next_fires.is_empty() {
        return;
    }
    let zone = time::zone_of(&draft.workflow);
    heading(rendered, &format!("Next times ({})", time::zone_name(&zone)), screen);
    for at in &draft.next_fires {
        let _ = writeln!(rendered, "  {}", time::moment(*at, &zone));
    }
}

fn dry_run(rendered: &mut String, report: &DryRunReport, reply: &str, screen: &Screen) {
    let told = reply.contains("dry run");
    if told && report.suppressed.is_empty() && report.run.error.is_none() {
        return;
    }
    heading(rendered, "Dry run", screen);
    match (&report.run.error, report.run.status) {
        (Some(error), _) => {
            let place = error.step.as_deref().map(|step| format!("{}: ", text::one_line(step))).unwrap_or_default();
            let words = text::wrap(&format!("{place}{}", text::one_line(&error.message)), screen.width.saturating_sub(4), 4);
            let _ = writeln!(rendered, "  {} {words}", screen.bad(screen.pick("✖", "x")));
            if let Some(help) = &error.help {
                let _ = writeln!(rendered, "    {}", text::wrap(&text::one_line(help), screen.width, 4));
            }
        }
        (None, RunStatus::Succeeded) if told => {}
        (None, RunStatus::Succeeded) => {
            let _ = writeln!(rendered, "  {} went through, nothing was written", screen.good(screen.pick("✔", "ok")));
        }
        (None, status) => {
            let _ = writeln!(rendered, "  ended {}", status.as_str());
        }
    }
    suppressed(rendered, report, screen);
    if !told {
        not_tried(rendered, report, screen);
    }
}

/// The writes that a dry run held back and the reads that it left out, a line each.
pub fn held_back(rendered: &mut String, report: &DryRunReport, screen: &Screen) {
    suppressed(rendered, report, screen);
    not_tried(rendered, report, screen);
}

fn suppressed(rendered: &mut String, report: &DryRunReport, screen: &Screen) {
    for effect in &report.suppressed {
        let room = screen.width.saturating_sub(24 + text::width(&effect.step)).max(20);
        let payload = value::brief(&effect.payload, room, screen);
        let line = format!("  would write  {}  {payload}", screen.bold(&text::one_line(&effect.step)));
        let _ = writeln!(rendered, "{}", screen.cut(&line));
    }
}

fn not_tried(rendered: &mut String, report: &DryRunReport, screen: &Screen) {
    for skipped in &report.not_tried {
        let words = format!("{}: {}", text::one_line(&skipped.destination), text::one_line(&skipped.reason));
        let line = format!("  not tried    {}  {}", screen.bold(&text::one_line(&skipped.step)), screen.dim(&words));
        let _ = writeln!(rendered, "{}", screen.cut(&line));
    }
}

/// What has to be approved: the sentence and the exact lines. Ends with a line break.
pub fn approval(approval: &ApprovalView, screen: &Screen) -> String {
    let what = text::wrap(&text::lines(&approval.what), screen.width, 0);
    format!("{}\n{}", screen.bold(&what), footprint::render(&approval.footprint, screen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::{colored, plain};
    use serde_json::json;

    fn news() -> TurnView {
        serde_json::from_value(json!({
            "thread": "t1",
            "reply": "Every weekday at 09:00 I read the feed, keep the stories about Rust and post each one to #news.",
            "planner": "offline",
            "draft": {
                "id": "d1",
                "workflow": { "name": "rust-news", "triggers": [{ "type": "schedule", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin" }], "steps": [] },
                "summary": "",
                "footprint": [
                    { "effect": "write", "kind": "channel", "destination": "#news", "service": "slack", "steps": ["post"], "dynamic": false },
                    { "effect": "read", "kind": "host", "destination": "news.example:443", "steps": ["stories"], "dynamic": false }
                ],
                "next_fires": ["2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z"],
                "diagnostics": [],
                "dry_run": {
                    "run": { "id": "r0", "workflow": "rust-news", "version": null, "dry_run": true, "status": "succeeded", "created": "2026-11-20T12:00:00Z",
                             "started": null, "ended": null, "error": null, "steps": [], "outputs": null },
                    "suppressed": [{ "step": "post[0]", "uses": "slack.send_message", "payload": { "channel": "#news", "text": "Rust 2.0 https://news.example/1" } }],
                    "not_tried": [{ "step": "stories", "uses": "feed.read", "destination": "news.example:443", "reason": "network reads need --dry-run" }]
                },
                "graph": [
                    { "id": "stories", "uses": "feed.read", "label": "read https://news.example/feed.xml", "needs": [], "effect": "read" },
                    { "id": "matching", "uses": "data.filter", "label": "keep those whose title has \u{1b}[31mRust", "needs": ["stories"], "effect": "none" },
                    { "id": "post", "uses": "slack.send_message", "label": "to #news, for each item", "needs": ["matching"], "effect": "write" }
                ]
            },
            "questions": [], "approval": null,
            "usage": { "model_calls": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0, "planning_ms": 4 }
        }))
        .unwrap()
    }

    #[test]
    fn a_plan_shows_steps_footprint_times_and_dry_run() {
        insta::assert_snapshot!("plan_80", turn(&news(), &plain(80)));
        insta::assert_snapshot!("plan_120_colored", turn(&news(), &colored(120)));
    }

    #[test]
    fn what_the_reply_has_said_is_not_said_twice() {
        let mut told = news();
        told.reply = "Posts to #news. The dry run went through. It held back post.".to_owned();
        let rendered = turn(&told, &plain(80));
        assert!(!rendered.contains("went through, nothing") && !rendered.contains("not tried"), "{rendered}");
        assert!(rendered.contains("would write"), "{rendered}");
        let question = json!({ "id": "q", "text": "Which channel?", "about": "", "choices": ["#a"] });
        let asks = TurnView {
            draft: None,
            reply: "Which channel? (#a)".to_owned(),
            questions: vec![serde_json::from_value(question).unwrap()],
            ..told
        };
        assert_eq!(turn(&asks, &plain(80)), "");
    }

    #[test]
    fn data_in_a_plan_cannot_steer_the_terminal() {
        assert!(!turn(&news(), &plain(80)).contains('\u{1b}'));
    }
}
