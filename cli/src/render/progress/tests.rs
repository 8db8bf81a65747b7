//! Journals in, lines out.

use super::*;
use crate::ui::screen::fixtures::{ascii, plain};
use sayflow_protocol::event::SkipReason;
use sayflow_protocol::{Effect, RunStatus};
use serde_json::{Value, json};

/// Events a second apart; what they changed is of no interest here.
fn fold(events: Vec<Event>) -> Progress {
    let mut progress = Progress::default();
    for (place, event) in events.into_iter().enumerate() {
        let at = Timestamp::from_second(place as i64).unwrap();
        progress.apply(&RecordedEvent { seq: place as u64 + 1, run: "r".into(), at, event });
    }
    progress
}

fn key(text: &str) -> InstanceKey {
    text.parse().unwrap()
}

fn started(text: &str, attempt: u32) -> Event {
    Event::StepStarted { key: key(text), attempt, effect: Effect::Read, idempotency_key: None, input: None }
}

fn succeeded(text: &str) -> Event {
    Event::StepSucceeded { key: key(text), attempt: 1, output: Value::Null, simulated: false }
}

fn failed(text: &str, retry_at: Option<Timestamp>) -> Event {
    let error = RunError { code: "http_status".to_owned(), message: "the server answered 503".to_owned(), step: None, help: None };
    Event::StepFailed { key: key(text), attempt: 1, error, retry_at }
}

fn screen(progress: &Progress, screen: &Screen) -> String {
    let width = progress.lines.keys().map(|id| text::width(id)).max().unwrap_or(0);
    progress.lines.values().map(|shown| format!("{}\n", line(shown, width, screen))).collect()
}

#[test]
fn each_kind_of_ending_has_its_line() {
    let later = Timestamp::from_second(5_000).unwrap();
    let progress = fold(vec![
        started("stories", 1),
        failed("stories", Some(later)),
        started("stories", 2),
        succeeded("stories"),
        Event::ItemsResolved { key: key("post"), items: vec![json!(1); 40] },
        started("post[0]", 1),
        succeeded("post[0]"),
        started("post[1]", 1),
        failed("post[1]", None),
        Event::StepSkipped { key: key("other"), reason: SkipReason::ElseNotTaken },
        started("report", 1),
        failed("report", None),
        started("mail", 1),
        Event::StepOutcomeUnknown {
            key: key("mail"),
            attempt: 1,
            error: RunError { code: "reset".to_owned(), message: "reset".to_owned(), step: None, help: None },
        },
        Event::RunFinished { status: RunStatus::Failed, error: None, outputs: None },
    ]);
    insta::assert_snapshot!("progress_unicode", screen(&progress, &plain(80)));
    insta::assert_snapshot!("progress_ascii", screen(&progress, &ascii(60)));
}

#[test]
fn items_are_counted_and_their_inner_steps_are_not() {
    let progress = fold(vec![
        Event::ItemsResolved { key: key("each"), items: vec![Value::Null; 3] },
        started("each[0]/send", 1),
        succeeded("each[0]/send"),
        Event::StepFinished { key: key("each[0]"), error: None, output: None },
        started("each[1]/send", 1),
    ]);
    assert_eq!(progress.line("each").unwrap().items, Some(Items { total: 3, succeeded: 1, failed: 0 }));
    assert!(progress.line("each/send").is_none());
    assert_eq!(progress.idle_until(), Err(StillBusy));
}

#[test]
fn the_steps_of_a_plain_group_have_lines_of_their_own() {
    let progress = fold(vec![started("group/inner", 1), succeeded("group/inner")]);
    assert_eq!(progress.line("group/inner").unwrap().stage, Stage::Succeeded);
}

#[test]
fn a_repeat_is_over_when_its_until_holds() {
    let until = |text: &str, done: bool| Event::UntilDecided { key: key(text), done, next_at: None };
    let mut events = vec![started("poll@1", 1), succeeded("poll@1"), until("poll@1", false), started("poll@2", 1), succeeded("poll@2")];
    assert_eq!(fold(events.clone()).line("poll").unwrap().stage, Stage::Running);
    events.push(until("poll@2", true));
    let progress = fold(events);
    let line = progress.line("poll").unwrap();
    assert_eq!((&line.stage, line.iteration), (&Stage::Succeeded, Some(2)));
}

#[test]
fn the_items_of_a_repeated_loop_end_with_their_until() {
    let progress = fold(vec![
        Event::ItemsResolved { key: key("poll"), items: vec![Value::Null; 2] },
        started("poll[0]@1", 1),
        succeeded("poll[0]@1"),
        Event::UntilDecided { key: key("poll[0]@1"), done: true, next_at: None },
        started("poll[1]@1", 1),
        failed("poll[1]@1", None),
    ]);
    assert_eq!(progress.line("poll").unwrap().items, Some(Items { total: 2, succeeded: 1, failed: 1 }));
}

#[test]
fn a_waiting_run_says_until_when() {
    let until = Timestamp::from_second(9_000).unwrap();
    let progress = fold(vec![started("wait", 1), Event::StepWaiting { key: key("wait"), attempt: 1, until, output: Value::Null }]);
    assert_eq!(progress.idle_until(), Ok(Some(until)));
}

#[test]
fn an_unknown_outcome_waits_for_a_person() {
    let error = RunError { code: "reset".to_owned(), message: "reset".to_owned(), step: None, help: None };
    let progress = fold(vec![started("mail", 1), Event::StepOutcomeUnknown { key: key("mail"), attempt: 1, error }]);
    assert_eq!(progress.idle_until(), Ok(None));
}

#[test]
fn what_was_going_on_when_the_run_was_cancelled_is_stopped() {
    let progress = fold(vec![
        Event::ItemsResolved { key: key("each"), items: vec![Value::Null; 3] },
        started("each[0]", 1),
        Event::CancelRequested { by: "me".to_owned() },
        Event::StepCancelled { key: key("each[0]"), attempt: 1 },
        Event::RunFinished { status: RunStatus::Cancelled, error: None, outputs: None },
    ]);
    assert_eq!(progress.line("each").unwrap().stage, Stage::Cancelled);
    assert!(progress.is_finished());
}

#[test]
fn a_loop_of_simulated_items_is_simulated() {
    let simulated = Event::StepSucceeded { key: key("post[0]"), attempt: 1, output: Value::Null, simulated: true };
    let progress = fold(vec![
        Event::ItemsResolved { key: key("post"), items: vec![Value::Null] },
        started("post[0]", 1),
        simulated,
        Event::StepFinished { key: key("post"), error: None, output: None },
    ]);
    assert_eq!(progress.line("post").unwrap().stage, Stage::Simulated);
}
