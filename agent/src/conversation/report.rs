//! How things stand and what there is, in words.

use super::act::{Listed, StatusReport, WorkflowStatus};
use crate::say;
use sayflow_prompts::{self as prompts, ListedArgs, RunLine, StatusArgs, WorkflowLine};
use sayflow_protocol::RunView;
use sayflow_protocol::api::TriggerView;
use sayflow_protocol::run::RunSummary;

/// So many lines of a list are said.
const LINES: usize = 12;
/// The longest description that is said, in characters.
const LONGEST: usize = 120;

/// How things stand.
pub(super) fn status(report: &StatusReport, zone: &str) -> String {
    prompts::status(&StatusArgs {
        run: report.run.as_ref().map(|run| run_line(run, zone)),
        workflows: report.workflows.iter().take(LINES).map(|workflow| workflow_line(workflow, zone)).collect(),
        going: report.going.iter().take(LINES).map(|run| format!("{} (run {}, {})", run.workflow, run.id, run.status.as_str())).collect(),
        approvals: report.approvals,
    })
}

fn run_line(run: &RunView, zone: &str) -> RunLine {
    RunLine {
        id: run.id.as_str().to_owned(),
        workflow: run.workflow.clone(),
        status: run.status.as_str().to_owned(),
        since: run.ended.or(run.started).map(|at| say::time_in(at, zone)),
        waits: run.open.iter().map(say::open_point).collect(),
        error: run.error.as_ref().map(|error| {
            let place = error.step.as_ref().map(|step| format!("Step {step}: ")).unwrap_or_default();
            format!("{place}{}.", error.message.trim_end_matches('.'))
        }),
    }
}

fn workflow_line(workflow: &WorkflowStatus, zone: &str) -> WorkflowLine {
    WorkflowLine {
        name: workflow.summary.name.clone(),
        active: workflow.summary.active,
        latest: workflow.summary.latest,
        next: next(&workflow.triggers),
        last: workflow.last.as_ref().map(|run| ended(run, zone)),
        troubles: workflow
            .triggers
            .iter()
            .flat_map(|trigger| [&trigger.trouble, &trigger.alarm])
            .flatten()
            .map(|trouble| format!("{}.", trouble.trim_end_matches('.')))
            .collect(),
    }
}

/// When it fires next, each trigger in its zone.
fn next(triggers: &[TriggerView]) -> Option<String> {
    let next = triggers.iter().filter_map(|trigger| trigger.next.first().map(|at| (*at, &trigger.timezone))).min();
    next.map(|(at, zone)| say::time_in(at, zone))
}

fn ended(run: &RunSummary, zone: &str) -> String {
    format!("{} on {}", run.status.as_str(), say::time_in(run.ended.unwrap_or(run.created), zone))
}

/// What there is.
pub(super) fn listed(listed: &Listed, zone: &str) -> String {
    let (title, command, none, lines) = match listed {
        Listed::Workflows(workflows) => {
            let line = |workflow: &sayflow_protocol::api::WorkflowSummary| {
                let state = workflow.active.map_or("not active".to_owned(), |version| format!("active as version {version}"));
                let about = workflow.description.as_deref().map(|text| format!(": {}", shortened(text))).unwrap_or_default();
                format!("{} ({state}){about}", workflow.name)
            };
            let none = "No workflow is saved yet. Say what you want automated; \"activate it\" keeps a draft and turns it on.";
            ("Saved workflows", "sayflow workflows list", none, workflows.iter().map(line).collect::<Vec<_>>())
        }
        Listed::Runs(runs) => {
            let line = |run: &RunSummary| format!("{}: {} (run {})", run.workflow, ended(run, zone), run.id);
            ("Newest runs", "sayflow runs list", "Nothing has run yet.", runs.iter().map(line).collect())
        }
        Listed::Schedules(active) => {
            let line = |(name, triggers): &(String, Vec<TriggerView>)| {
                let starts: Vec<&str> = triggers.iter().map(|trigger| trigger.description.as_str()).collect();
                let next = next(triggers).map(|at| format!("; next {at}")).unwrap_or_default();
                format!("{name}: {}{next}", starts.join("; "))
            };
            (
                "What starts by itself",
                "sayflow workflows list",
                "Nothing starts by itself: no workflow is active.",
                active.iter().map(line).collect(),
            )
        }
        Listed::Approvals(approvals) => {
            let line = |open: &sayflow_protocol::api::ApprovalObject| {
                let until = open.expires.map(|at| format!(", until {}", say::time_in(at, zone))).unwrap_or_default();
                format!("{} (approval {}{until})", shortened(&open.what), open.id)
            };
            ("Waiting for a person's decision", "sayflow approve", "Nothing waits for a decision.", approvals.iter().map(line).collect())
        }
    };
    let more = lines.len() > LINES;
    let lines = lines.into_iter().take(LINES).collect();
    prompts::listed(&ListedArgs { title: title.to_owned(), lines, more, command: command.to_owned(), empty: none.to_owned() })
}

fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
