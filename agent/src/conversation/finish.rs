//! A turn ends: the draft is saved and said back, questions are asked, or the reply alone is given.

use super::effect::{DraftParts, TurnOutcome};
use super::event::CheckOutcome;
use super::thread::AGENT;
use super::{Base, Conversation, Effect, Phase};
use crate::edit;

use crate::say;
use sayflow_prompts::{self as prompts, CheckFailedArgs, DraftReadyArgs, Finding, Missing, QuestionsArgs};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::{DiffView, DraftView, DryRunReport, ItemBody};

/// Whether the turn did what it was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Done,
    Cannot,
}

impl Conversation {
    /// Saves a draft.
    pub(super) fn save(&mut self, workflow: Workflow, checked: CheckOutcome, dry_run: Option<DryRunReport>) -> Effect {
        // A better draft than the one that differed.
        if self.turn.sound.take().is_some() {
            self.turn.differences.clear();
        }
        let zone = &self.turn.timezone;
        let summary = say::summary(&workflow, &checked.footprint, &checked.next_fires, zone, &self.turn.notes);
        let diff = self.turn.base.as_ref().and_then(|base| change(base, &workflow));
        self.phase = Phase::Saving;
        let CheckOutcome { diagnostics, footprint, next_fires, graph } = checked;
        Effect::SaveDraft(DraftParts { workflow, summary, footprint, next_fires, diagnostics, dry_run, graph, diff })
    }

    /// The draft is stored, and in the thread: say it back.
    pub(super) fn saved(&mut self, draft: DraftView) -> Vec<Effect> {
        self.thread.apply(&ItemBody::Draft(draft));
        self.say_draft()
    }

    /// Says the newest draft back.
    pub(super) fn say_draft(&mut self) -> Vec<Effect> {
        let Some(draft) = self.thread.draft().cloned() else { return Vec::new() };
        let refused = draft.diagnostics.iter().any(sayflow_protocol::Diagnostic::is_error);
        let (mut parts, ending) = match refused {
            true => (vec![refusal(&draft, self.turn.repairs)], Ending::Cannot),
            false => (vec![prompts::draft_ready(&ready(&draft))], Ending::Done),
        };
        if let Some(diff) = draft.diff.as_ref().filter(|diff| !refused && !diff.words.is_empty()) {
            parts.push(prompts::changed(&diff.against, &diff.words));
        }
        if !self.turn.differences.is_empty() {
            parts.push(prompts::differs(&self.turn.differences));
        }
        if let Some(limit) = self.caps.reached(self.turn.rounds, &self.turn.usage).filter(|_| refused) {
            parts.push(prompts::spent(&limit));
        }
        self.end(parts.join("\n\n"), Some(draft), ending)
    }

    /// Asks what is open.
    pub(super) fn say_questions(&mut self) -> Vec<Effect> {
        let missing =
            |question: &sayflow_protocol::api::Question| Missing { text: question.text.clone(), choices: question.choices.clone() };
        let reply = prompts::questions(&QuestionsArgs { questions: self.thread.open().iter().map(missing).collect() });
        self.finish(reply)
    }

    /// Ends the turn with a reply.
    pub(super) fn finish(&mut self, reply: String) -> Vec<Effect> {
        self.end(reply, None, Ending::Done)
    }

    /// Ends the turn with a reply and a draft.
    pub(super) fn finish_with(&mut self, reply: String, draft: DraftView) -> Vec<Effect> {
        self.end(reply, Some(draft), Ending::Done)
    }

    /// Ends the turn with a reply that says that it cannot be done.
    pub(super) fn give_up(&mut self, reply: String) -> Vec<Effect> {
        self.end(reply, None, Ending::Cannot)
    }

    /// The last that is heard of a turn, whatever came before.
    fn end(&mut self, mut reply: String, draft: Option<DraftView>, ending: Ending) -> Vec<Effect> {
        self.phase = Phase::Idle;
        let turn = std::mem::take(&mut self.turn);
        if let Some(why) = turn.fallback {
            reply = format!("{reply}\n\n{why}");
        }
        let mut effects = vec![self.record(ItemBody::Message { role: AGENT.to_owned(), text: reply.clone() })];
        if turn.usage.model_calls > 0 {
            effects.push(self.record(ItemBody::Spent { planner: turn.planner.name().to_owned(), usage: turn.usage }));
        }
        effects.push(Effect::End(TurnOutcome {
            reply,
            draft,
            questions: self.thread.open().to_vec(),
            cannot: ending == Ending::Cannot,
            usage: turn.usage,
            planner: turn.planner,
            approval: turn.approval,
            pending: turn.pending,
            run: turn.run,
            proposal: turn.proposal,
            interrupted: turn.interrupted,
        }));
        effects
    }
}

/// What is said of a draft that came ready-made: what it does and what its dry run showed, or why it cannot run.
pub fn say_back(draft: &DraftView) -> String {
    let refused = draft.diagnostics.iter().any(sayflow_protocol::Diagnostic::is_error);
    if refused { refusal(draft, 0) } else { prompts::draft_ready(&ready(draft)) }
}

/// What changed, where the one was made of the other: a plan that has nothing in common with the draft is no change of it.
fn change(base: &Base, workflow: &Workflow) -> Option<DiffView> {
    let steps = |workflow: &Workflow| workflow.steps.iter().map(|step| (step.id.clone(), step.uses.clone())).collect::<Vec<_>>();
    let related = base.workflow.name == workflow.name || steps(&base.workflow) == steps(workflow);
    (related && base.workflow != *workflow).then(|| edit::view(&base.against, &base.workflow, workflow))
}

fn refusal(draft: &DraftView, rounds: u32) -> String {
    let errors = draft.diagnostics.iter().filter(|finding| finding.is_error());
    let findings = errors.map(|finding| Finding {
        code: finding.code.clone(),
        pointer: finding.pointer.clone(),
        message: finding.message.clone(),
        help: finding.help.clone(),
    });
    let name = draft.workflow.get("name").and_then(serde_json::Value::as_str).unwrap_or("a workflow").to_owned();
    prompts::check_failed(&CheckFailedArgs { name, findings: findings.collect(), rounds })
}

fn ready(draft: &DraftView) -> DraftReadyArgs {
    let report = draft.dry_run.as_ref();
    DraftReadyArgs {
        summary: draft.summary.clone(),
        dry_run: report.is_some(),
        stopped: report.and_then(|report| report.run.error.as_ref()).map(|error| {
            let place = error.step.as_ref().map(|step| format!("Step {step}: ")).unwrap_or_default();
            let help = error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{place}{}{help}.", error.message.trim_end_matches('.'))
        }),
        not_tried: report.map(|report| each_once(report.not_tried.iter().map(|left_out| left_out.destination.clone()))).unwrap_or_default(),
        held_back: report.map(held_back).unwrap_or_default(),
        warnings: draft.diagnostics.iter().map(|finding| finding.message.clone()).collect(),
    }
}

/// `slack.send_message (3 times)`, in the order of the first.
fn held_back(report: &DryRunReport) -> Vec<String> {
    let actions = each_once(report.suppressed.iter().map(|write| write.uses.clone()));
    let said = actions.into_iter().map(|uses| match report.suppressed.iter().filter(|write| write.uses == uses).count() {
        1 => uses,
        count => format!("{uses} ({count} times)"),
    });
    said.collect()
}

fn each_once(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for text in texts {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    once
}
