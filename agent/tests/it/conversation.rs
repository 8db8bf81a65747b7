//! The conversation machine: what goes in, what comes out, and that a restart comes to the same state.

use insta::assert_snapshot;
use sayflow_agent::conversation::{Caps, CheckOutcome, Conversation, Effect, Event, Resumed, TurnPosted};
use sayflow_agent::planner::PlanOutcome;
use sayflow_agent::retrieval::Retrieved;
use sayflow_protocol::api::{DraftView, DryRunReport, Item, ItemBody, Question, SuppressedEffect, ThreadEvent, Usage};
use sayflow_protocol::{Diagnostic, RunError, RunStatus, RunView, Severity, Workflow};
use serde_json::json;

/// Drives one conversation, keeps the items that it stores and writes down what happens.
struct Script {
    conversation: Conversation,
    caps: Caps,
    items: Vec<ThreadEvent>,
    parts: Option<sayflow_agent::conversation::DraftParts>,
    drafts: u32,
    lines: Vec<String>,
}

impl Script {
    fn new(caps: Caps) -> Self {
        Self { conversation: Conversation::new(caps), caps, items: Vec::new(), parts: None, drafts: 0, lines: Vec::new() }
    }

    fn store(&mut self, body: ItemBody) {
        let seq = self.items.len() as u64 + 1;
        self.items.push(ThreadEvent { seq, item: Item { at: jiff::Timestamp::UNIX_EPOCH, body } });
    }

    fn event(&mut self, line: &str, event: Event) -> &mut Self {
        self.lines.push(format!("> {line}"));
        for effect in self.conversation.handle(event) {
            self.lines.push(format!("    {}", told(&effect)));
            match effect {
                Effect::Record(body) => self.store(body),
                Effect::SaveDraft(parts) => self.parts = Some(parts),
                _ => {}
            }
        }
        self
    }

    fn say(&mut self, text: &str) -> &mut Self {
        self.say_with(text, &[])
    }

    fn say_with(&mut self, text: &str, answers: &[(&str, &str)]) -> &mut Self {
        let answers = answers.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
        let posted = TurnPosted { text: text.into(), answers, timezone: "Europe/Berlin".into(), network_reads: false };
        self.event(&format!("says {text:?}"), Event::TurnPosted(posted))
    }

    fn retrieved(&mut self) -> &mut Self {
        self.event("retrieved", Event::Retrieved(Retrieved::default()))
    }

    fn planned(&mut self, outcome: PlanOutcome) -> &mut Self {
        let usage = Usage { model_calls: 1, input_tokens: 40, output_tokens: 10, cost_usd: 0.0, planning_ms: 5, ..Usage::default() };
        let name = match &outcome {
            PlanOutcome::Draft { .. } => "planned a draft",
            PlanOutcome::Questions { .. } => "planned questions",
            PlanOutcome::Cannot { .. } => "planned nothing",
        };
        self.event(name, Event::Planned { outcome, usage })
    }

    fn draft(&mut self, name: &str) -> &mut Self {
        self.planned(PlanOutcome::Draft { workflow: workflow(name), notes: vec!["\"morning\" is 09:00".into()] })
    }

    fn asks(&mut self, ids: &[&str]) -> &mut Self {
        let questions = ids.iter().map(|id| question(id)).collect();
        self.planned(PlanOutcome::Questions { questions, partial: None })
    }

    fn checked(&mut self, diagnostics: Vec<Diagnostic>) -> &mut Self {
        let line = if diagnostics.is_empty() { "checked" } else { "checked, with findings" };
        self.event(line, Event::Checked(CheckOutcome { diagnostics, ..CheckOutcome::default() }))
    }

    fn dry_ran(&mut self, error: Option<RunError>) -> &mut Self {
        self.event("dry run", Event::DryRan(Ok(report(error))))
    }

    /// The host stores the draft and says so.
    fn saved(&mut self) -> &mut Self {
        let view = self.store_draft();
        self.event("saved", Event::Saved(view))
    }

    fn store_draft(&mut self) -> DraftView {
        self.drafts += 1;
        let view = self.parts.take().unwrap().into_view(format!("d{}", self.drafts).into()).unwrap();
        self.store(ItemBody::Draft(view.clone()));
        view
    }

    /// The process dies and another one reads what was stored.
    fn restart(&mut self) -> &mut Self {
        self.conversation = Conversation::from_items(self.caps, &self.items);
        self.event("restart", Event::Resumed(Resumed { timezone: "Europe/Berlin".into(), network_reads: false }))
    }

    fn told(&self) -> String {
        self.lines.join("\n")
    }
}

/// One line for an effect.
fn told(effect: &Effect) -> String {
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    match effect {
        Effect::Record(ItemBody::Message { role, text }) => format!("record {role}: {}", first(text)),
        Effect::Record(ItemBody::Question(question)) => format!("record question {}", question.id),
        Effect::Record(ItemBody::Answer(answer)) => format!("record answer {}={}", answer.id, answer.value),
        Effect::Record(other) => format!("record {other:?}"),
        Effect::Retrieve { text } => format!("retrieve {text:?}"),
        Effect::Plan(input) => {
            let answers: Vec<String> = input.answers.iter().map(|(question, value)| format!("{}={value}", question.id)).collect();
            let base = input.base.as_ref().map_or("-", |base| base.name.as_str());
            let findings: Vec<&str> = input.findings.iter().map(|finding| finding.code.as_str()).collect();
            format!("plan {:?} answers [{}] base {base} findings [{}]", input.text, answers.join(" "), findings.join(" "))
        }
        Effect::Check { workflow } => format!("check {}", workflow.name),
        Effect::DryRun { workflow, network_reads } => format!("dry-run {} network_reads={network_reads}", workflow.name),
        Effect::SaveDraft(parts) => {
            format!("save {} ({} findings, dry run {})", parts.workflow.name, parts.diagnostics.len(), parts.dry_run.is_some())
        }
        Effect::End(outcome) => {
            let draft = outcome.draft.as_ref().map_or("-", |draft| draft.id.as_str());
            let open: Vec<&str> = outcome.questions.iter().map(|question| question.id.as_str()).collect();
            format!("end draft {draft} open [{}] cannot={} calls={}", open.join(" "), outcome.cannot, outcome.usage.model_calls)
        }
    }
}

fn workflow(name: &str) -> Workflow {
    serde_json::from_value(json!({ "name": name, "steps": [{ "id": "post", "uses": "slack.send_message", "with": { "text": "x" } }] }))
        .unwrap()
}

fn question(id: &str) -> Question {
    Question { id: id.into(), text: format!("Which {id}?"), about: format!("slack.send_message.{id}"), choices: Vec::new() }
}

fn finding(code: &str) -> Diagnostic {
    let (code, message) = (code.to_owned(), format!("{code} is wrong"));
    Diagnostic { code, severity: Severity::Error, pointer: "/steps/0".into(), span: None, message, help: None }
}

fn report(error: Option<RunError>) -> DryRunReport {
    let status = if error.is_some() { RunStatus::Failed } else { RunStatus::Succeeded };
    let run = RunView {
        id: "r1".into(),
        workflow: "news".into(),
        version: None,
        dry_run: true,
        status,
        created: jiff::Timestamp::UNIX_EPOCH,
        started: None,
        ended: None,
        error,
        steps: Vec::new(),
        outputs: None,
        response: None,
        lineage: Default::default(),
        open: Vec::new(),
    };
    let suppressed = vec![SuppressedEffect { step: "post".into(), uses: "slack.send_message".into(), payload: json!({}) }];
    DryRunReport { run, suppressed, not_tried: Vec::new() }
}

fn failure(code: &str, message: &str) -> Option<RunError> {
    Some(RunError { code: code.into(), message: message.into(), step: Some("post".into()), help: None })
}

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
    let mut script = Script::new(Caps::default());
    script.say("post the news").retrieved().draft("a").checked(vec![finding("E1")]).draft("b").checked(vec![finding("E2")]);
    script.draft("c").checked(vec![finding("E2")]).saved();
    assert_snapshot!(script.told());
}

#[test]
fn repairs_end_at_their_limit() {
    let mut script = Script::new(Caps { repairs: 1, ..Caps::default() });
    script.say("post the news").retrieved().draft("a").checked(vec![finding("E1")]).draft("b").checked(vec![finding("E2")]).saved();
    let mut none = Script::new(Caps::without_repair());
    none.say("post the news").retrieved().draft("a").checked(vec![finding("E1")]).saved();
    assert_snapshot!(format!("{}\n=====\n{}", script.told(), none.told()));
}

#[test]
fn tokens_spent_stop_the_next_call_and_are_told() {
    let mut script = Script::new(Caps { tokens: 50, ..Caps::default() });
    script.say("post the news").retrieved().draft("a").checked(vec![finding("E1")]).saved();
    let Some(ItemBody::Message { text, .. }) = script.items.last().map(|event| &event.item.body) else { panic!("no reply") };
    assert!(text.contains("50 tokens"), "{text}");
    assert!(script.told().contains("save a (1 findings"));
}

#[test]
fn a_dry_run_that_fails_by_the_plan_is_mended_and_one_that_fails_by_the_world_is_told() {
    let mut script = Script::new(Caps::default());
    script.say("post the news").retrieved().draft("a").checked(vec![]).dry_ran(failure("expression_threw", "item is null"));
    script.draft("b").checked(vec![]).dry_ran(failure("file_not_found", "there is no file a.csv")).saved();
    let reply = script.items.last().map(|event| format!("{:?}", event.item.body)).unwrap();
    assert!(reply.contains("Step post: there is no file a.csv."), "{reply}");
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
    let resumed = Event::Resumed(Resumed { timezone: "Europe/Berlin".into(), network_reads: false });
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
