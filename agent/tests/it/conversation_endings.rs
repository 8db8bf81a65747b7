//! Whatever happens, in whatever order: the machine does not panic, a turn whose effects are answered comes to an end, and
//! what is told of a long conversation stays small.

use crate::conversation_script::{Script, failure, finding, model_error, question, report, workflow};
use proptest::prelude::*;
use sayflow_agent::conversation::{
    Acted, Caps, CheckOutcome, Conversation, Edited, Effect, Event, Known, KnownWorkflow, Loaded, PlannerKind, Refused, Resumed, TurnPosted,
};
use sayflow_agent::model::{ChatAnswer, Fault, ToolCall};
use sayflow_agent::planner::PlanOutcome;
use sayflow_agent::retrieval::Retrieved;
use sayflow_protocol::api::{Item, ItemBody, ThreadEvent, Usage};
use serde_json::json;

const TEXTS: &[&str] = &[
    "",
    "hello",
    "post the news to #x",
    "make it hourly",
    "make orders-report hourly",
    "run it",
    "run orders-report",
    "activate it",
    "stop",
    "undo",
    "why did it fail?",
    "how can I make it better?",
    "yes",
    "apply 2",
    "no",
    "try again",
    "never mind",
    "what can you do?",
    "#ops",
    "hm, and then?",
    "list my runs",
    "status",
    "create a new workflow that reads a.csv",
    "\u{0}\u{202e} = = x=1",
    "run it with a=b",
];

/// Draws decisions from a list of bytes.
struct Dice<'a>(std::iter::Cycle<std::slice::Iter<'a, u8>>);

impl Dice<'_> {
    fn roll(&mut self, sides: usize) -> usize {
        usize::from(*self.0.next().unwrap()) % sides
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.roll(list.len())].clone()
    }
}

fn known(dice: &mut Dice<'_>) -> Known {
    let planner = dice.pick(&[PlannerKind::Model, PlannerKind::Offline]);
    Known { workflows: vec![KnownWorkflow { name: "orders-report".into(), ..KnownWorkflow::default() }], planner }
}

/// Any event that may follow an effect, good or bad.
fn any_answer(kind: &Effect, dice: &mut Dice<'_>) -> Event {
    if dice.roll(12) == 0 {
        return Event::Interrupted;
    }
    if dice.roll(20) == 0 {
        return Event::Failed { message: "It broke.".into() };
    }
    let fault = dice.pick(&[Fault::Unreachable, Fault::Malformed, Fault::Cancelled, Fault::OverBudget]);
    let usage = Usage { model_calls: 1, input_tokens: 1000, output_tokens: 100, cost_usd: 0.01, planning_ms: 900, ..Usage::default() };
    let bad = dice.roll(3) == 0;
    match kind {
        Effect::Understand(call) => {
            let name = if dice.roll(4) == 0 { "nonsense".to_owned() } else { call.tools[dice.roll(call.tools.len())].name.clone() };
            let arguments = dice.pick(&[
                json!({}),
                json!({ "workflow": "orders-report" }),
                json!({ "what": "runs" }),
                json!({ "about": "failure" }),
                json!(7),
            ]);
            let answer = ChatAnswer { calls: vec![ToolCall { name, arguments }], usage, ..ChatAnswer::default() };
            Event::Understood(if bad { Err(model_error(fault, "no")) } else { Ok(answer) })
        }
        Effect::Say(_) => {
            Event::Said(if bad { Err(model_error(fault, "no")) } else { Ok(ChatAnswer { text: "Well.".into(), ..ChatAnswer::default() }) })
        }
        Effect::Load { .. } if bad => Event::Loaded(Err(Refused { message: "gone".into(), help: None })),
        Effect::Load { .. } => Event::Loaded(Ok(Loaded { workflow: workflow("orders-report"), version: 2 })),
        Effect::Retrieve { .. } => Event::Retrieved(Retrieved::default()),
        Effect::Plan(_) => {
            let outcome = match dice.roll(6) {
                0 => Err(model_error(fault, "no")),
                1 => Ok(PlanOutcome::Questions {
                    questions: (0..dice.roll(4)).map(|at| question(&format!("q{at}"))).collect(),
                    partial: None,
                }),
                2 => Ok(PlanOutcome::Cannot { reason: "No.".into(), suggestions: Vec::new() }),
                at => Ok(PlanOutcome::Draft { workflow: workflow(["a", "b", "c"][at - 3]), notes: Vec::new() }),
            };
            Event::Planned { outcome, usage }
        }
        Effect::Check { .. } => {
            let diagnostics = if bad { vec![finding(dice.pick(&["E1", "E2"]))] } else { Vec::new() };
            Event::Checked(CheckOutcome { diagnostics, ..CheckOutcome::default() })
        }
        Effect::DryRun { .. } if bad => Event::DryRan(Err("no folder".into())),
        Effect::DryRun { .. } => Event::DryRan(Ok(report(if dice.roll(3) == 0 { failure("expression_threw", "x") } else { None }))),
        Effect::Judge { .. } => {
            let differences = if bad { Err(model_error(fault, "no")) } else { Ok(vec!["It differs.".to_owned(); dice.roll(3)]) };
            Event::Judged { differences, usage }
        }
        Effect::Act(_) => Event::Acted(match dice.roll(5) {
            0 => Err(Refused { message: "no".into(), help: None }),
            1 => Ok(Acted::Started { run: "r1".into(), workflow: "a".into() }),
            2 => Ok(Acted::Edited(Edited { against: "x".into(), base: workflow("a"), workflow: workflow("b") })),
            3 => Ok(Acted::Explained { run: "r1".into(), workflow: "a".into(), text: "Because.".into(), fix: None }),
            _ => Ok(Acted::Described { text: "It does.".into() }),
        }),
        Effect::SaveDraft(parts) => Event::Saved(parts.clone().into_view(format!("d{}", dice.roll(200)).into()).unwrap()),
        Effect::Record(_) | Effect::End(_) => unreachable!("no event comes back"),
    }
}

/// Plays one turn to its end; the items that it stored.
fn turn(conversation: &mut Conversation, first: Event, dice: &mut Dice<'_>) -> Vec<ItemBody> {
    let mut items = Vec::new();
    let mut event = first;
    for _ in 0..80 {
        let mut last = None;
        for effect in conversation.handle(event.clone()) {
            match effect {
                Effect::Record(body) => items.push(body),
                Effect::End(outcome) => {
                    assert!(!outcome.reply.trim().is_empty());
                    assert!(!conversation.is_busy() && !conversation.is_unfinished());
                    return items;
                }
                other => last = Some(other),
            }
        }
        let effect = last.unwrap_or_else(|| panic!("a turn that has not ended waits for nothing"));
        event = any_answer(&effect, dice);
        if let (Effect::SaveDraft(_), Event::Saved(draft)) = (&effect, &event) {
            items.push(ItemBody::Draft(draft.clone()));
        }
    }
    panic!("the turn has no end");
}

proptest! {
    #[test]
    fn every_turn_ends(entropy in proptest::collection::vec(any::<u8>(), 20..400)) {
        let mut dice = Dice(entropy.iter().cycle());
        let mut conversation = Conversation::new(Caps::default());
        let mut items = Vec::new();
        for _ in 0..6 {
            let posted = TurnPosted { text: dice.pick(TEXTS).into(), known: known(&mut dice), timezone: "UTC".into(), ..TurnPosted::default() };
            items.extend(turn(&mut conversation, Event::TurnPosted(posted), &mut dice));
        }
        // Read back, it knows the same.
        let at = jiff::Timestamp::UNIX_EPOCH;
        let stored: Vec<ThreadEvent> = items.into_iter().zip(1..).map(|(body, seq)| ThreadEvent { seq, item: Item { at, body } }).collect();
        let read_back = Conversation::from_items(Caps::default(), &stored);
        prop_assert_eq!(read_back.open_questions(), conversation.open_questions());
        prop_assert_eq!(read_back.digest(), conversation.digest());
        prop_assert!(!read_back.is_unfinished());
    }

    #[test]
    fn no_sequence_of_events_makes_it_panic(entropy in proptest::collection::vec(any::<u8>(), 20..400)) {
        let mut dice = Dice(entropy.iter().cycle());
        let mut conversation = Conversation::new(Caps::default());
        let parts = sample_effects();
        for _ in 0..60 {
            let event = match dice.roll(5) {
                0 => Event::TurnPosted(TurnPosted { text: dice.pick(TEXTS).into(), known: known(&mut dice), ..TurnPosted::default() }),
                1 => Event::Resumed(Resumed { known: known(&mut dice), ..Resumed::default() }),
                _ => { let effect = dice.pick(&parts); any_answer(&effect, &mut dice) }
            };
            conversation.handle(event);
        }
    }
}

/// One effect of each kind that is answered.
fn sample_effects() -> Vec<Effect> {
    let mut script = Script::with_model(Caps::default()).knows(&["orders-report"]);
    let mut effects: Vec<Effect> = Vec::new();
    let mut take =
        |found: Vec<Effect>| effects.extend(found.into_iter().filter(|effect| !matches!(effect, Effect::Record(_) | Effect::End(_))));
    let known = script.known.clone();
    let say = |script: &mut Script, text: &str| {
        let found =
            script.conversation.handle(Event::TurnPosted(TurnPosted { text: text.into(), known: known.clone(), ..TurnPosted::default() }));
        let _ = script.conversation.clone().handle(Event::Interrupted);
        found
    };
    take(say(&mut script, "hm, and the orders?"));
    let mut fresh = Script::with_model(Caps::default()).knows(&["orders-report"]);
    take(say(&mut fresh, "run orders-report"));
    let mut fresh = Script::with_model(Caps::default()).knows(&["orders-report"]);
    take(say(&mut fresh, "make orders-report hourly"));
    let mut fresh = Script::with_model(Caps::default());
    take(say(&mut fresh, "post the news of https://news.example to #x"));
    take(fresh.conversation.handle(Event::Retrieved(Retrieved::default())));
    let outcome = Ok(PlanOutcome::Draft { workflow: workflow("a"), notes: Vec::new() });
    take(fresh.conversation.handle(Event::Planned { outcome, usage: Usage::default() }));
    take(fresh.conversation.handle(Event::Checked(CheckOutcome::default())));
    take(fresh.conversation.handle(Event::DryRan(Ok(report(None)))));
    take(fresh.conversation.handle(Event::Judged { differences: Ok(Vec::new()), usage: Usage::default() }));
    assert_eq!(effects.len(), 9);
    effects
}

#[test]
fn what_is_told_of_two_thousand_messages_is_small_and_has_the_draft() {
    let mut script = Script::new(Caps::default());
    script.drafts("post the news to #first", "first-draft");
    for at in 0..660 {
        script.say(&format!("hello {}", "there ".repeat(at % 50))).say("what can you do?");
        if at % 60 == 0 {
            script.drafts("make it hourly", &format!("draft-{at}"));
        }
        script.say("thanks");
        script.lines.clear();
    }
    assert!(script.items.len() > 3_900, "{}", script.items.len());
    let mut read_back = Conversation::from_items(script.caps, &script.items);
    let digest = read_back.digest();
    let size: usize =
        digest.recent.iter().map(|said| said.text.len() + said.gist.len()).sum::<usize>() + digest.earlier.as_ref().map_or(0, String::len);
    assert!(size < 8_000, "{size}");
    assert!(digest.earlier.as_ref().unwrap().contains("draft-600"), "{digest:?}");
    // The draft is not lost: a change is planned on it.
    let posted = TurnPosted { text: "make it daily".into(), ..TurnPosted::default() };
    read_back.handle(Event::TurnPosted(posted));
    let plan = read_back.handle(Event::Retrieved(Retrieved::default()));
    let Some(Effect::Plan(input)) = plan.last() else { panic!("no plan") };
    assert_eq!(input.base.as_ref().map(|base| base.name.as_str()), Some("draft-600"));
}
