//! A run's journal as lines: when, what, where.

use super::{time, value};
use crate::ui::screen::Screen;
use crate::ui::text;
use jiff::tz::TimeZone;
use sayflow_protocol::event::{Advance, UnknownDecision};
use sayflow_protocol::{Event, RecordedEvent};

/// One event on one line, cut at the terminal's edge. Ends with a line break.
pub fn render(recorded: &RecordedEvent, zone: &TimeZone, screen: &Screen) -> String {
    let (key, words) = describe(&recorded.event, screen);
    let place = key.map(|key| format!("{}  ", screen.bold(&text::one_line(&key)))).unwrap_or_default();
    let line = format!("{}  {:>4}  {place}{}", screen.dim(&time::precise(recorded.at, zone)), recorded.seq, text::one_line(&words));
    format!("{}\n", screen.cut(&line))
}

fn describe(event: &Event, screen: &Screen) -> (Option<String>, String) {
    let brief = |value: &serde_json::Value| value::brief(value, 60, screen);
    match event {
        Event::RunCreated { workflow, version, dry_run, .. } => {
            let version = version.map(|version| format!(" version {version}")).unwrap_or_default();
            let kind = if *dry_run { "dry run" } else { "run" };
            (None, format!("{kind} of {workflow}{version} accepted"))
        }
        Event::RunStarted => (None, "started".to_owned()),
        Event::ConditionDecided { key, value, .. } => (Some(key.to_string()), format!("its condition is {value}")),
        Event::ItemsResolved { key, items } => (Some(key.to_string()), text::count(items.len() as u64, "item", "items")),
        Event::StepStarted { key, attempt: 1, .. } => (Some(key.to_string()), "started".to_owned()),
        Event::StepStarted { key, attempt, .. } => (Some(key.to_string()), format!("started, attempt {attempt}")),
        Event::StepSucceeded { key, output, simulated, .. } => {
            let word = if *simulated { "simulated" } else { "succeeded" };
            (Some(key.to_string()), format!("{word}: {}", brief(output)))
        }
        Event::ResultsKept { results } => {
            (None, format!("goes on with {} of the run before", text::count(results.len() as u64, "result", "results")))
        }
        Event::StepKept { key, output } => (Some(key.to_string()), format!("kept from the run before: {}", brief(output))),
        Event::ApprovalRequested { key, question, .. } => (Some(key.to_string()), format!("asks: {}", question.message)),
        Event::ApprovalDecided { key, decision, by, comment, .. } => {
            let who = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            let said = comment.as_ref().map(|comment| format!(": {comment}")).unwrap_or_default();
            (Some(key.to_string()), format!("{}{who}{said}", decision.as_str()))
        }
        Event::CallStarted { key, run, workflow, .. } => (Some(key.to_string()), format!("runs {workflow} as {run}")),
        Event::PauseRequested { by } => (None, format!("paused by {by}")),
        Event::ResumeRequested { by } => (None, format!("resumed by {by}")),
        Event::Advanced { by, to } => {
            let how_far = match to {
                Advance::Step => "one step".to_owned(),
                Advance::Until(step) => format!("until {step}"),
                Advance::End => "to the end".to_owned(),
            };
            (None, format!("let go on {how_far} by {by}"))
        }
        Event::StepFailed { key, error, retry_at, .. } => {
            let again = if retry_at.is_some() { "; tried again" } else { "" };
            (Some(key.to_string()), format!("failed: {} ({}){again}", error.message, error.code))
        }
        Event::StepOutcomeUnknown { key, error, .. } => (Some(key.to_string()), format!("outcome unknown: {}", error.message)),
        Event::UnknownResolved { key, decision, by } => {
            let who = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            let word = match decision {
                UnknownDecision::Retry => "sent again",
                UnknownDecision::Skip => "taken as done",
                UnknownDecision::Fail => "taken as failed",
            };
            (Some(key.to_string()), format!("unknown outcome {word}{who}"))
        }
        Event::StepWaiting { key, until, .. } => (Some(key.to_string()), format!("waits until {until}")),
        Event::UntilDecided { key, done, .. } => (Some(key.to_string()), if *done { "is over" } else { "goes round again" }.to_owned()),
        Event::StepSkipped { key, reason } => (Some(key.to_string()), format!("skipped: {}", reason.describe())),
        Event::StepFinished { key, error: Some(error), .. } => (Some(key.to_string()), format!("failed as a whole: {}", error.message)),
        Event::StepFinished { key, error: None, .. } => (Some(key.to_string()), "finished".to_owned()),
        Event::StepCancelled { key, .. } => (Some(key.to_string()), "stopped".to_owned()),
        Event::Responded { key, response } => (Some(key.to_string()), format!("answered {}", brief(&response["status"]))),
        Event::CancelRequested { by } => (None, format!("cancelled by {by}")),
        Event::TimedOut { key } => (Some(key.to_string()).filter(|key| !key.is_empty()), "used up its time".to_owned()),
        Event::FailureHandlingStarted { .. } => (None, "failure steps begin".to_owned()),
        Event::RunFinished { status, error, .. } => {
            let why = error.as_ref().map(|error| format!(": {}", error.message)).unwrap_or_default();
            (None, format!("{}{why}", status.as_str()))
        }
    }
}
