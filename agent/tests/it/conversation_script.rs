//! A script for the conversation machine: it plays the host and writes down what happens.

use sayflow_agent::conversation::{
    Acted, Caps, CheckOutcome, Conversation, Effect, Event, Known, KnownWorkflow, PlannerKind, Resumed, TurnOutcome, TurnPosted,
};
use sayflow_agent::model::{ChatAnswer, Fault, ModelError, ToolCall};
use sayflow_agent::planner::PlanOutcome;
use sayflow_agent::retrieval::Retrieved;
use sayflow_protocol::api::{DraftView, DryRunReport, Item, ItemBody, Question, SuppressedEffect, ThreadEvent, Usage};
use sayflow_protocol::{Diagnostic, RunError, RunStatus, RunView, Severity, Workflow};
use serde_json::json;

/// Drives one conversation, keeps the items that it stores and writes down what happens.
pub struct Script {
    pub conversation: Conversation,
    pub caps: Caps,
    /// What the host knows.
    pub known: Known,
    pub items: Vec<ThreadEvent>,
    parts: Option<sayflow_agent::conversation::DraftParts>,
    drafts: u32,
    pub lines: Vec<String>,
    /// How the last turn ended.
    pub outcome: Option<TurnOutcome>,
}

impl Script {
    pub fn new(caps: Caps) -> Self {
        let conversation = Conversation::new(caps);
        Self { conversation, caps, known: Known::default(), items: Vec::new(), parts: None, drafts: 0, lines: Vec::new(), outcome: None }
    }

    /// One with a model to ask.
    pub fn with_model(caps: Caps) -> Self {
        let mut script = Self::new(caps);
        script.known.planner = PlannerKind::Model;
        script
    }

    /// Saved workflows.
    pub fn knows(mut self, names: &[&str]) -> Self {
        let named = |name: &&str| KnownWorkflow { name: (*name).to_owned(), ..KnownWorkflow::default() };
        self.known.workflows = names.iter().map(named).collect();
        self
    }

    /// The last reply.
    pub fn reply(&self) -> &str {
        &self.outcome.as_ref().unwrap_or_else(|| panic!("the turn has not ended")).reply
    }

    pub fn store(&mut self, body: ItemBody) {
        let seq = self.items.len() as u64 + 1;
        self.items.push(ThreadEvent { seq, item: Item { at: jiff::Timestamp::UNIX_EPOCH, body } });
    }

    pub fn event(&mut self, line: &str, event: Event) -> &mut Self {
        self.lines.push(format!("> {line}"));
        for effect in self.conversation.handle(event) {
            self.lines.push(format!("    {}", told(&effect)));
            match effect {
                Effect::End(outcome) => self.outcome = Some(outcome),
                Effect::Record(body) => self.store(body),
                Effect::SaveDraft(parts) => self.parts = Some(parts),
                _ => {}
            }
        }
        self
    }

    pub fn say(&mut self, text: &str) -> &mut Self {
        self.say_with(text, &[])
    }

    pub fn say_with(&mut self, text: &str, answers: &[(&str, &str)]) -> &mut Self {
        let answers = answers.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
        let posted =
            TurnPosted { text: text.into(), answers, timezone: "Europe/Berlin".into(), network_reads: false, known: self.known.clone() };
        self.event(&format!("says {text:?}"), Event::TurnPosted(posted))
    }

    pub fn retrieved(&mut self) -> &mut Self {
        self.event("retrieved", Event::Retrieved(Retrieved::default()))
    }

    pub fn planned(&mut self, outcome: PlanOutcome) -> &mut Self {
        let usage = Usage { model_calls: 1, input_tokens: 40, output_tokens: 10, cost_usd: 0.0, planning_ms: 5, ..Usage::default() };
        let name = match &outcome {
            PlanOutcome::Draft { .. } => "planned a draft",
            PlanOutcome::Questions { .. } => "planned questions",
            PlanOutcome::Cannot { .. } => "planned nothing",
        };
        self.event(name, Event::Planned { outcome: Ok(outcome), usage })
    }

    pub fn draft(&mut self, name: &str) -> &mut Self {
        self.planned(PlanOutcome::Draft { workflow: workflow(name), notes: vec!["\"morning\" is 09:00".into()] })
    }

    pub fn asks(&mut self, ids: &[&str]) -> &mut Self {
        let questions = ids.iter().map(|id| question(id)).collect();
        self.planned(PlanOutcome::Questions { questions, partial: None })
    }

    pub fn checked(&mut self, diagnostics: Vec<Diagnostic>) -> &mut Self {
        let line = if diagnostics.is_empty() { "checked" } else { "checked, with findings" };
        self.event(line, Event::Checked(CheckOutcome { diagnostics, ..CheckOutcome::default() }))
    }

    pub fn dry_ran(&mut self, error: Option<RunError>) -> &mut Self {
        self.event("dry run", Event::DryRan(Ok(report(error))))
    }

    pub fn fails_to_plan(&mut self, fault: Fault, message: &str) -> &mut Self {
        let usage = Usage { model_calls: 1, input_tokens: 9, ..Usage::default() };
        self.event("no plan", Event::Planned { outcome: Err(model_error(fault, message)), usage })
    }

    pub fn judged(&mut self, differences: &[&str]) -> &mut Self {
        let usage = Usage { model_calls: 1, input_tokens: 7, ..Usage::default() };
        let differences = Ok(differences.iter().map(|&one| one.to_owned()).collect());
        self.event("judged", Event::Judged { differences, usage })
    }

    /// The model calls a tool.
    pub fn chose(&mut self, tool: &str, arguments: serde_json::Value) -> &mut Self {
        let calls = vec![ToolCall { name: tool.to_owned(), arguments }];
        let usage = Usage { model_calls: 1, input_tokens: 30, output_tokens: 5, ..Usage::default() };
        self.event(&format!("chose {tool}"), Event::Understood(Ok(ChatAnswer { calls, usage, ..ChatAnswer::default() })))
    }

    pub fn acted(&mut self, acted: Acted) -> &mut Self {
        self.event("acted", Event::Acted(Ok(acted)))
    }

    /// A turn that ends in a draft, with a planner that is right at once.
    pub fn drafts(&mut self, text: &str, name: &str) -> &mut Self {
        self.say(text).retrieved().draft(name).checked(vec![]).dry_ran(None);
        if self.known.planner == PlannerKind::Model {
            self.judged(&[]);
        }
        self.saved()
    }

    /// The host stores the draft and says so.
    pub fn saved(&mut self) -> &mut Self {
        let view = self.store_draft();
        self.event("saved", Event::Saved(view))
    }

    pub fn store_draft(&mut self) -> DraftView {
        self.drafts += 1;
        let view = self.parts.take().unwrap().into_view(format!("d{}", self.drafts).into()).unwrap();
        self.store(ItemBody::Draft(view.clone()));
        view
    }

    /// The process dies and another one reads what was stored.
    pub fn restart(&mut self) -> &mut Self {
        self.conversation = Conversation::from_items(self.caps, &self.items);
        self.event("restart", Event::Resumed(Resumed { timezone: "Europe/Berlin".into(), network_reads: false, known: self.known.clone() }))
    }

    pub fn told(&self) -> String {
        self.lines.join("\n")
    }
}

/// One line for an effect.
pub fn told(effect: &Effect) -> String {
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    match effect {
        Effect::Record(ItemBody::Message { role, text }) => format!("record {role}: {}", first(text)),
        Effect::Record(ItemBody::Question(question)) => format!("record question {}", question.id),
        Effect::Record(ItemBody::Intent { intent, arguments }) => format!("record intent {intent} {arguments}"),
        Effect::Record(ItemBody::Draft(draft)) => format!("record draft {}", draft.id),
        Effect::Record(ItemBody::Run { run }) => format!("record run {run}"),
        Effect::Record(ItemBody::Spent { planner, usage }) => format!("record spent by {planner}: {} calls", usage.model_calls),
        Effect::Record(ItemBody::Answer(answer)) => format!("record answer {}={}", answer.id, answer.value),
        Effect::Record(other) => format!("record {other:?}"),
        Effect::Retrieve { text } => format!("retrieve {text:?}"),
        Effect::Plan(input) => {
            let answers: Vec<String> = input.answers.iter().map(|(question, value)| format!("{}={value}", question.id)).collect();
            let base = input.base.as_ref().map_or("-", |base| base.name.as_str());
            let findings: Vec<&str> = input.findings.iter().map(|finding| finding.code.as_str()).collect();
            let planner = if input.planner == PlannerKind::Model { " by the model" } else { "" };
            format!("plan {:?} answers [{}] base {base} findings [{}]{planner}", input.text, answers.join(" "), findings.join(" "))
        }
        Effect::Understand(call) => format!("understand {:?}", call.tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>()),
        Effect::Say(call) => format!("have it said ({} messages, {} tools)", call.messages.len(), call.tools.len()),
        Effect::Load { workflow } => format!("load {workflow}"),
        Effect::Judge { request, workflow, .. } => format!("judge {} against {request:?}", workflow.name),
        Effect::Act(act) => format!("act {}", first(&format!("{act:?}"))),
        Effect::Check { workflow } => format!("check {}", workflow.name),
        Effect::DryRun { workflow, network_reads } => format!("dry-run {} network_reads={network_reads}", workflow.name),
        Effect::SaveDraft(parts) => {
            format!("save {} ({} findings, dry run {})", parts.workflow.name, parts.diagnostics.len(), parts.dry_run.is_some())
        }
        Effect::End(outcome) => {
            let draft = outcome.draft.as_ref().map_or("-", |draft| draft.id.as_str());
            let open: Vec<&str> = outcome.questions.iter().map(|question| question.id.as_str()).collect();
            let more = if outcome.interrupted { " interrupted" } else { "" };
            let calls = outcome.usage.model_calls;
            format!(
                "end draft {draft} open [{}] cannot={} calls={calls} by {}{more}",
                open.join(" "),
                outcome.cannot,
                outcome.planner.name()
            )
        }
    }
}

pub fn workflow(name: &str) -> Workflow {
    serde_json::from_value(json!({ "name": name, "steps": [{ "id": "post", "uses": "slack.send_message", "with": { "text": "x" } }] }))
        .unwrap()
}

pub fn question(id: &str) -> Question {
    Question { id: id.into(), text: format!("Which {id}?"), about: format!("slack.send_message.{id}"), choices: Vec::new() }
}

pub fn finding(code: &str) -> Diagnostic {
    let (code, message) = (code.to_owned(), format!("{code} is wrong"));
    Diagnostic { code, severity: Severity::Error, pointer: "/steps/0".into(), span: None, message, help: None }
}

pub fn report(error: Option<RunError>) -> DryRunReport {
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
    DryRunReport { run, suppressed, not_tried: Vec::new(), files: Vec::new(), payload: None }
}

pub fn failure(code: &str, message: &str) -> Option<RunError> {
    Some(RunError { code: code.into(), message: message.into(), step: Some("post".into()), help: None })
}

pub fn model_error(fault: Fault, message: &str) -> ModelError {
    ModelError { fault, message: message.to_owned(), help: Some("look at models.base_url".into()), usage: Usage::default() }
}
