//! What the application did, in words; and what goes on from there.

use super::act::{Acted, Edited, Refused};
use super::command::Command;
use super::report;
use super::rules::Offered;
use super::{Base, Conversation, Effect};
use crate::say;
use sayflow_prompts::{self as prompts, ActivatedArgs, AdviceLine};
use sayflow_protocol::api::{ActivatedWorkflow, ApprovalView, ItemBody, Pending, RunSource, Suggestion};
use sayflow_protocol::{Footprint, RunId};

/// So many next times are named.
const NEXT_TIMES: usize = 3;

impl Conversation {
    /// Takes what came of a command.
    pub(super) fn acted(&mut self, command: &Command, acted: Result<Acted, Refused>) -> Vec<Effect> {
        match acted {
            Err(why) => self.give_up(prompts::refused(&why.message, why.help.as_deref())),
            Ok(Acted::Started { run, workflow }) => self.started(run, &workflow),
            Ok(Acted::NeedsApproval { approval, workflow, pending }) => self.needs_approval(approval, &workflow, pending),
            Ok(Acted::Activated { activated, footprint }) => {
                let reply = self.say_activated(&activated, &footprint);
                self.finish(reply)
            }
            Ok(Acted::StoppedRun { run, workflow, was_active, status }) => {
                self.finish(prompts::stopped_run(run.as_str(), &workflow, was_active, status.as_str()))
            }
            Ok(Acted::Deactivated { workflow, was_active, running }) => self.finish(prompts::deactivated(&workflow, was_active, running)),
            Ok(Acted::WorkflowUndone(undone)) => {
                let next = self.next_times(&undone);
                self.finish(prompts::workflow_undone(&undone.summary.name, undone.summary.active, &next))
            }
            Ok(Acted::Status(status)) => self.finish(report::status(&status, &self.turn.timezone)),
            Ok(Acted::Listed(listed)) => self.finish(report::listed(&listed, &self.turn.timezone)),
            Ok(Acted::Explained { run, workflow, text, fix }) => {
                let reply = prompts::explained(&text, &workflow, fix.as_ref().map(|fix| fix.words.as_slice()).unwrap_or_default());
                let offered = fix.as_ref().map(|_| Offered::Fix { run: run.as_str().to_owned() });
                self.turn.proposal = fix;
                self.offer(offered, reply)
            }
            Ok(Acted::NothingFailed { workflow, run }) => {
                let (run, status) = run.map(|(run, status)| (run.as_str().to_owned(), status.as_str())).unzip();
                self.finish(prompts::nothing_failed(workflow.as_deref(), run.as_deref(), status.unwrap_or_default()))
            }
            Ok(Acted::Described { text }) => self.described(command, text),
            Ok(Acted::Suggested { workflow, suggestions, runs }) => self.suggested(command, &workflow, &suggestions, runs),
            Ok(Acted::NotApplicable { picks, applicable }) => self.finish(prompts::not_applicable(&picks, &applicable)),
            Ok(Acted::Edited(edited)) => self.edited(edited),
        }
    }

    fn started(&mut self, run: RunId, workflow: &str) -> Vec<Effect> {
        let mut effects = vec![self.record(ItemBody::Run { run: run.clone() })];
        let reply = prompts::run_started(workflow, run.as_str());
        self.turn.run = Some(run);
        effects.extend(self.finish(reply));
        effects
    }

    /// The run was started before the process ended; only the reply is missing.
    pub(super) fn say_started(&mut self, run: RunId) -> Vec<Effect> {
        let reply = prompts::run_started(self.thread.draft_name().unwrap_or("The workflow"), run.as_str());
        self.turn.run = Some(run);
        self.finish(reply)
    }

    /// The agent approves nothing: the turn ends with what a person has to decide.
    fn needs_approval(&mut self, approval: ApprovalView, workflow: &str, pending: Pending) -> Vec<Effect> {
        let (goes_on, command) = match &pending {
            Pending::Run { source: RunSource::Workflow(name), .. } => ("runs", format!("sayflow run {name}")),
            Pending::Run { .. } => ("runs", "sayflow ask --thread last --run".to_owned()),
            Pending::Activate { workflow, version } => {
                ("is activated", format!("sayflow workflows activate {workflow} --version {version}"))
            }
        };
        let reply = prompts::approval_needed(&approval.what, workflow, goes_on, &command);
        let mut effects = vec![self.record(ItemBody::Approval(approval.clone()))];
        self.turn.approval = Some(approval);
        self.turn.pending = Some(pending);
        effects.extend(self.finish(reply));
        effects
    }

    fn say_activated(&self, activated: &ActivatedWorkflow, footprint: &Footprint) -> String {
        prompts::activated(&ActivatedArgs {
            workflow: activated.summary.name.clone(),
            version: activated.summary.active.unwrap_or(activated.summary.latest),
            starts: activated.triggers.iter().map(|trigger| trigger.description.clone()).collect(),
            next: self.next_times(activated),
            reads: say::places(footprint, sayflow_protocol::Effect::Read),
            writes: say::places(footprint, sayflow_protocol::Effect::Write),
            urls: activated.triggers.iter().filter_map(|trigger| trigger.url.clone()).collect(),
            lasting: activated.lasting,
        })
    }

    fn next_times(&self, activated: &ActivatedWorkflow) -> Vec<String> {
        let zone = activated.triggers.first().map_or(self.turn.timezone.as_str(), |trigger| trigger.timezone.as_str());
        let next = activated.triggers.iter().flat_map(|trigger| trigger.next.iter().copied());
        next.take(NEXT_TIMES).map(|at| say::time_in(at, zone)).collect()
    }

    /// What a workflow does: asked for, or because activating it wants the person's clear word.
    fn described(&mut self, command: &Command, text: String) -> Vec<Effect> {
        let Command::Schedule(which) = command else { return self.finish(text) };
        let name = which.workflow.as_deref().or(self.thread.draft_name()).unwrap_or("it").to_owned();
        let offered = Offered::Activation { workflow: which.workflow.clone() };
        self.offer(Some(offered), prompts::activate_confirm(&name, &text))
    }

    fn suggested(&mut self, command: &Command, workflow: &str, suggestions: &[Suggestion], runs: usize) -> Vec<Effect> {
        let applicable: Vec<usize> =
            suggestions.iter().zip(1..).filter(|(suggestion, _)| !suggestion.operations.is_empty()).map(|(_, number)| number).collect();
        let lines: Vec<AdviceLine> = suggestions
            .iter()
            .map(|suggestion| AdviceLine { advice: suggestion.advice.clone(), evidence: suggestion.evidence.clone() })
            .collect();
        let looked = match runs {
            0 => "It has not run yet, so I looked at the document alone.".to_owned(),
            1 => "I looked at the document and at its one run.".to_owned(),
            runs => format!("I looked at the document and at its last {runs} runs."),
        };
        let offered = (!applicable.is_empty()).then(|| Offered::Improvements { workflow: command.workflow().map(str::to_owned) });
        self.offer(offered, prompts::suggested(workflow, &lines, &applicable, &looked))
    }

    /// Ends the turn with something that the person may say yes to.
    fn offer(&mut self, offered: Option<Offered>, reply: String) -> Vec<Effect> {
        let mut effects: Vec<Effect> = offered.map(|offered| self.record(offered.to_item())).into_iter().collect();
        effects.extend(self.finish(reply));
        effects
    }

    /// A changed workflow is checked and tried like a plan.
    fn edited(&mut self, edited: Edited) -> Vec<Effect> {
        self.turn.edited = true;
        self.turn.base = Some(Base { against: edited.against, workflow: edited.base });
        self.check(edited.workflow)
    }
}
