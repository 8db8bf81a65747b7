//! The conversation machine on requests: what goes in, what comes out, and that a restart comes to the same state.

use crate::conversation_script::{Script, failure, finding, told};
use insta::assert_snapshot;
use sayflow_agent::conversation::{Caps, Conversation, Effect, Event, Resumed};
use sayflow_agent::planner::PlanOutcome;
use sayflow_agent::retrieval::Retrieved;

#[test]
fn a_request_becomes_a_draft_that_is_said_back() {
    let mut script = Script::new(Caps::default());
    script.say("post the news to #x").retrieved().draft("news").checked(vec![]).dry_ran(None).saved();
    assert_snapshot!(script.told());
}

#[test]
fn a_follow_up_is_planned_on_the_draft() {
    let mut script = Script::new(Caps::default());
    script.say("post the news to #x").retrieved().draft("news").checked(vec![]).dry_ran(None).saved();
    script.lines.clear();
    script.say("make it hourly").retrieved().draft("news").checked(vec![]).dry_ran(None).saved().say("what does it do?");
    assert_snapshot!(script.told());
}

#[test]
fn questions_are_answered_by_id_or_in_plain_words() {
    let mut script = Script::new(Caps::default());
    script.say("post the news").retrieved().asks(&["channel", "hour", "zone", "tone"]).say_with("", &[("channel", "#x")]);
    script.retrieved().asks(&["hour"]).say("at nine").retrieved().draft("news").checked(vec![]).dry_ran(None).saved();
    assert_snapshot!(script.told());
}

#[test]
fn talk_leaves_open_questions_open_and_never_mind_closes_them() {
    let mut script = Script::new(Caps::default());
    script.say("hello").say("post the news").retrieved().asks(&["channel"]).say("what can you do?").say("never mind").say("").say("#x");
    assert_snapshot!(script.told());
}

#[test]
fn answers_given_ahead_are_used_when_the_question_comes_up() {
    let mut script = Script::new(Caps::default());
    script
        .say_with("post the news", &[("channel", "#x")])
        .retrieved()
        .asks(&["channel"])
        .draft("news")
        .checked(vec![])
        .dry_ran(None)
        .saved();
    script.say_with("", &[("nothing", "1")]);
    assert_snapshot!(script.told());
}

#[test]
fn a_plan_that_fails_its_checks_is_mended_until_the_findings_repeat() {
    let mut script = Script::with_model(Caps::default());
    script.say("post the news to #x").retrieved().draft("a").checked(vec![finding("E1")]).draft("b").checked(vec![finding("E2")]);
    script.draft("c").checked(vec![finding("E2")]).draft("offline").checked(vec![]).dry_ran(None).saved();
    script.say("post the news to #y").retrieved();
    assert_snapshot!(script.told());
}

#[test]
fn repairs_end_at_their_limit() {
    let mut script = Script::with_model(Caps { repairs: 1, ..Caps::default() });
    script.say("post the news to #x").retrieved().draft("a").checked(vec![finding("E1")]).draft("b").checked(vec![finding("E2")]);
    // The offline planner cannot do better: what the model made is shown with its faults.
    script.draft("offline").checked(vec![finding("E9")]).saved();
    assert!(script.reply().contains("E2 is wrong") && !script.reply().contains("E9"), "{}", script.reply());
    let mut none = Script::new(Caps::default());
    none.say("post the news").retrieved().draft("a").checked(vec![finding("E1")]).saved();
    assert_snapshot!(format!("{}\n=====\n{}", script.told(), none.told()));
}

#[test]
fn tokens_spent_stop_the_next_call_and_are_told() {
    let mut script = Script::with_model(Caps { tokens: 50, ..Caps::default() });
    script.say("post the news to #x").retrieved().draft("a").checked(vec![finding("E1")]).asks(&["channel"]).saved();
    assert!(script.reply().contains("50 tokens"), "{}", script.reply());
    assert!(script.told().contains("save a (1 findings"));
}

#[test]
fn a_dry_run_that_fails_by_the_plan_is_mended_and_one_that_fails_by_the_world_is_told() {
    let mut script = Script::with_model(Caps::default());
    script.say("post the news to #x").retrieved().draft("a").checked(vec![]).dry_ran(failure("expression_threw", "item is null"));
    script.draft("b").checked(vec![]).dry_ran(failure("file_not_found", "there is no file a.csv")).saved();
    assert!(script.reply().contains("Step post: there is no file a.csv."), "{}", script.reply());
    assert_snapshot!(script.told());
}

#[test]
fn cannot_and_failures_end_the_turn() {
    let mut script = Script::new(Caps::default());
    let cannot = PlanOutcome::Cannot { reason: "There is no action for phone calls.".into(), suggestions: vec!["send a mail".into()] };
    script.say("call me").retrieved().planned(cannot);
    script.say("post it").retrieved().event("failed", Event::Failed { message: "The model did not answer.".into() });
    script.say("post it").event("dry run cannot start", Event::DryRan(Err("disk full".into()))).retrieved();
    script.draft("a").checked(vec![]).event("dry run cannot start", Event::DryRan(Err("the workspace folder is gone".into()))).saved();
    assert_snapshot!(script.told());
}

#[test]
fn a_restart_goes_on_with_what_was_left() {
    let mut script = Script::new(Caps::default());
    script.restart();
    script.say("post the news").restart().retrieved().restart().retrieved().asks(&["channel"]).restart();
    script.say("#x").retrieved().draft("news").checked(vec![]).dry_ran(None);
    script.store_draft();
    script.restart().restart();
    assert_snapshot!(script.told());
}

#[test]
fn the_stored_items_tell_the_same_state_at_every_point() {
    let mut script = Script::new(Caps::default());
    script.say("post the news").retrieved().asks(&["channel", "hour"]).say("what can you do?").say("in #x").retrieved().asks(&["hour"]);
    script.say_with("", &[("hour", "9")]).retrieved().draft("news").checked(vec![]).dry_ran(None).saved();
    script.say_with("also to #y", &[("tone", "calm")]).retrieved().asks(&["tone", "zone"]).asks(&["zone"]).say("UTC").retrieved();
    // Ask both for the next plan: what they hand over is all that they know.
    let mut read_back = Conversation::from_items(script.caps, &script.items);
    let resumed = Event::Resumed(Resumed { timezone: "Europe/Berlin".into(), network_reads: false, known: script.known.clone() });
    read_back.handle(resumed);
    assert_eq!(read_back.open_questions(), script.conversation.open_questions());
    let plan = |effects: &[Effect]| effects.iter().map(told).collect::<Vec<_>>();
    let again = plan(&read_back.handle(Event::Retrieved(Retrieved::default())));
    assert_eq!(script.lines.last().map(|line| line.trim().to_owned()), again.last().cloned());
    assert_snapshot!(again.join("\n"));
}

#[test]
fn an_event_that_nothing_waits_for_changes_nothing() {
    let mut script = Script::new(Caps::default());
    script.retrieved().say("post the news").checked(vec![]).say("another").retrieved();
    assert_snapshot!(script.told());
}
