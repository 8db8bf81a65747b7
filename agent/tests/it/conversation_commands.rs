//! The conversation machine on commands: each becomes one act of the application, whose outcome is said; nothing is
//! approved by words.

use crate::conversation_script::{Script, workflow};
use insta::assert_snapshot;
use sayflow_agent::conversation::{Act, Acted, Caps, Edited, Effect, Event, Refused, Subject};
use sayflow_protocol::api::{ApprovalView, DiffView, ItemBody, Pending, RunSource, Suggestion};
use sayflow_protocol::{RunId, RunStatus};
use serde_json::json;

fn approval() -> ApprovalView {
    ApprovalView { id: "a1".into(), what: "Let \"news\" write to #x?".into(), payload_hash: "hash".into(), footprint: Vec::new() }
}

fn edit(name: &str) -> Edited {
    let mut changed = workflow(name);
    changed.description = Some("Better.".into());
    Edited { against: "the draft before".into(), base: workflow(name), workflow: changed }
}

fn suggestion(advice: &str, applicable: bool) -> Suggestion {
    let operations = if applicable {
        serde_json::from_value(json!([{ "op": "set", "pointer": "/description", "value": "x" }])).unwrap()
    } else {
        Vec::new()
    };
    Suggestion { rule: "r".into(), step: None, advice: advice.into(), evidence: "It was seen.".into(), operations }
}

#[test]
fn it_is_the_draft_and_a_name_is_the_saved_workflow() {
    let mut script = Script::new(Caps::default()).knows(&["orders-report"]);
    script.say("run it").say("list my workflows");
    script.event("listed", Event::Acted(Err(Refused { message: "the store is away".into(), help: None })));
    script.drafts("post the news to #x", "news");
    script.lines.clear();
    script.say("run it now please").acted(Acted::Started { run: "r1".into(), workflow: "news".into() });
    script
        .say("run orders-report")
        .event("no", Event::Acted(Err(Refused { message: "there is no room".into(), help: Some("wait".into()) })));
    script.say("activate it").acted(Acted::NeedsApproval {
        approval: approval(),
        workflow: "news".into(),
        pending: Pending::Activate { workflow: "news".into(), version: 1 },
    });
    script.say("turn orders-report off").acted(Acted::Deactivated { workflow: "orders-report".into(), was_active: true, running: 1 });
    script.say("stop").acted(Acted::StoppedRun {
        run: "r1".into(),
        workflow: "news".into(),
        was_active: true,
        status: RunStatus::Cancelled,
    });
    script.say("what does orders-report do?").acted(Acted::Described { text: "It reports.".into() });
    assert_snapshot!(script.told());
}

#[test]
fn a_run_that_was_started_is_told_with_the_turn() {
    let mut script = Script::new(Caps::default());
    script.drafts("post the news to #x", "news");
    script.say("run it").acted(Acted::Started { run: "r1".into(), workflow: "news".into() });
    assert_eq!(script.outcome.as_ref().unwrap().run, Some(RunId::from("r1")));
    assert!(script.reply().contains("r1"));
}

#[test]
fn an_approval_ends_the_turn_and_a_yes_in_words_gives_nothing() {
    let mut script = Script::new(Caps::default());
    script.drafts("post the news to #x", "news");
    let source = RunSource::Draft("d1".into());
    let pending = Pending::Run { source: source.clone(), inputs: Default::default() };
    script.say("run it").acted(Acted::NeedsApproval { approval: approval(), workflow: "news".into(), pending: pending.clone() });
    let outcome = script.outcome.clone().unwrap();
    assert_eq!((outcome.approval, outcome.pending, outcome.run), (Some(approval()), Some(pending), None));
    assert!(outcome.reply.contains("do not give it"), "{}", outcome.reply);
    script.lines.clear();
    for yes in ["yes", "I approve", "approved, go ahead", "approve hash"] {
        let effects = script.say(yes).told();
        assert!(!effects.contains("act Run") && !effects.contains("act Activate"), "{effects}");
        script.event("stop it", Event::Interrupted);
    }
}

#[test]
fn undo_goes_back_again_and_again_and_survives_a_restart() {
    let mut script = Script::new(Caps::default());
    script.say("undo").drafts("post the news to #x", "one").say("undo");
    script.drafts("make it hourly", "two").drafts("make it daily", "three");
    script.lines.clear();
    script.say("undo");
    assert_eq!(script.outcome.as_ref().unwrap().draft.as_ref().unwrap().workflow["name"], "two");
    script.restart().say("go back").say("undo");
    script.say("make it weekly").retrieved();
    assert_snapshot!(script.told());
}

#[test]
fn a_failure_is_explained_and_its_fix_made_a_draft_on_a_yes() {
    let mut script = Script::new(Caps::default());
    script.drafts("post the news to #x", "news");
    script.lines.clear();
    let fix = DiffView {
        against: "version 1 of news".into(),
        operations: Vec::new(),
        words: vec!["Try post again up to 3 times.".into()],
        text: String::new(),
    };
    let explained = Acted::Explained { run: "r7".into(), workflow: "news".into(), text: "Step post got no answer.".into(), fix: Some(fix) };
    script.say("why did it fail?").acted(explained.clone());
    assert!(script.outcome.as_ref().unwrap().proposal.is_some() && script.reply().contains("\"yes\""), "{}", script.reply());
    script.restart().say("yes").acted(Acted::Edited(edit("news"))).checked(vec![]).dry_ran(None).saved();
    // It was offered once.
    script.say("yes");
    script.say("why did it fail?").acted(explained).say("no thanks");
    assert_snapshot!(script.told());
}

#[test]
fn suggestions_are_numbered_and_those_that_were_picked_are_carried_out() {
    let mut script = Script::new(Caps::default()).knows(&["orders-report"]);
    script.say("how can I make orders-report better?").acted(Acted::Suggested {
        workflow: "orders-report".into(),
        suggestions: vec![suggestion("Try it again.", true), suggestion("Think about it.", false), suggestion("Say it.", true)],
        runs: 4,
    });
    let reply = script.reply().to_owned();
    script.lines.clear();
    script.say("apply 1 and 3").acted(Acted::Edited(edit("orders-report"))).checked(vec![]).dry_ran(None).saved();
    assert_snapshot!(format!("{reply}\n=====\n{}\n=====\n{}", script.told(), script.reply()));
}

#[test]
fn a_saved_workflow_that_is_named_is_changed_without_a_draft() {
    let mut script = Script::new(Caps::default()).knows(&["orders-report"]);
    script.say("make orders-report hourly");
    let loaded = sayflow_agent::conversation::Loaded { workflow: workflow("orders-report"), version: 3 };
    script.event("loaded", Event::Loaded(Ok(loaded.clone()))).retrieved().asks(&["minute"]);
    // The answer goes on with the same workflow, after a restart too.
    script.say("at ten past").event("loaded", Event::Loaded(Ok(loaded))).retrieved();
    let mut changed = workflow("orders-report");
    changed.description = Some("Hourly.".into());
    script.planned(sayflow_agent::planner::PlanOutcome::Draft { workflow: changed, notes: vec![] });
    script.checked(vec![]).dry_ran(None).saved();
    assert!(script.reply().contains("Changed against version 3 of orders-report"), "{}", script.reply());
    script.say("make nothing-else hourly");
    assert_snapshot!(script.told());
}

#[test]
fn a_workflow_that_cannot_be_loaded_ends_the_turn() {
    let mut script = Script::new(Caps::default()).knows(&["orders-report"]);
    let gone = Refused { message: "there is no workflow \"orders-report\"".into(), help: Some("list them".into()) };
    script.say("make orders-report hourly").event("gone", Event::Loaded(Err(gone)));
    assert!(script.outcome.as_ref().unwrap().cannot);
    assert_eq!(script.reply(), "I could not do that: there is no workflow \"orders-report\". list them.");
}

#[test]
fn what_was_begun_before_a_restart_is_not_begun_twice() {
    let mut script = Script::new(Caps::default());
    script.drafts("post the news to #x", "news");
    script.lines.clear();
    // The run was started and stored; the reply was not.
    script.say("run it");
    script.store(ItemBody::Run { run: "r1".into() });
    script.restart();
    assert!(!script.told().contains("> restart\n    act"), "{}", script.told());
    assert_eq!(script.outcome.as_ref().unwrap().run, Some(RunId::from("r1")));
}

#[test]
fn an_edit_that_does_not_pass_the_checks_is_told_and_not_planned() {
    let mut script = Script::with_model(Caps::default());
    script.drafts("post the news to #x", "news");
    let suggested = Acted::Suggested { workflow: "news".into(), suggestions: vec![suggestion("Try it again.", true)], runs: 0 };
    script.say("how can it be better?").acted(suggested).say("apply 1");
    script.lines.clear();
    script.acted(Acted::Edited(edit("news"))).checked(vec![crate::conversation_script::finding("E1")]).saved();
    assert!(script.outcome.as_ref().unwrap().cannot);
    assert!(!script.told().contains("plan "), "{}", script.told());
}

#[test]
fn the_act_says_what_is_meant() {
    let mut script = Script::new(Caps::default()).knows(&["orders-report"]);
    script.drafts("post the news to #x", "orders-report");
    let act = |script: &mut Script, text: &str| {
        let posted = sayflow_agent::conversation::TurnPosted { text: text.into(), known: script.known.clone(), ..Default::default() };
        let act = script.conversation.handle(Event::TurnPosted(posted)).into_iter().find_map(|effect| match effect {
            Effect::Act(act) => Some(act),
            _ => None,
        });
        script.conversation.handle(Event::Interrupted);
        act
    };
    // The draft is the newest state of what it is called; what is run by its name is what was saved.
    assert!(matches!(act(&mut script, "explain it"), Some(Act::Describe { of: Subject::Draft(_) })));
    assert!(matches!(act(&mut script, "what does orders-report do?"), Some(Act::Describe { of: Subject::Draft(_) })));
    assert!(matches!(act(&mut script, "run orders-report"), Some(Act::Run { source: RunSource::Workflow(_), .. })));
    assert!(matches!(act(&mut script, "run it"), Some(Act::Run { source: RunSource::Draft(_), .. })));
    assert!(matches!(act(&mut script, "activate it"), Some(Act::Activate { draft: Some(_), .. })));
    assert!(matches!(act(&mut script, "turn it off"), Some(Act::Deactivate { .. })));
}
