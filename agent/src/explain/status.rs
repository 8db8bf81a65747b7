//! A run that has not failed: it waits, rests, was stopped, goes on or is done.

use super::situation::{named, step_of};
use super::{Known, Told, done};
use crate::say::time_in;
use sayflow_prompts::{self as prompts, ExplanationArgs};
use sayflow_protocol::event::Event;
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{InstanceKey, RunStatus, RunView, StepStatus, Workflow};

/// Tells where a run stands and what has to happen.
pub(super) fn tell(workflow: &Workflow, run: &RunView, known: &Known<'_>) -> Told {
    let teller = Teller { workflow, run, known };
    match run.status {
        RunStatus::Queued => teller.queued(),
        RunStatus::Cancelled => teller.cancelled(),
        RunStatus::Succeeded => teller.succeeded(),
        RunStatus::Waiting | RunStatus::Paused | RunStatus::Running | RunStatus::Failed => teller.under_way(),
    }
}

struct Teller<'a> {
    workflow: &'a Workflow,
    run: &'a RunView,
    known: &'a Known<'a>,
}

impl Teller<'_> {
    fn told(&self, headline: String, advice: &str) -> Told {
        let advice = (!advice.is_empty()).then(|| advice.to_owned());
        let evidence = vec![format!("status: {}", self.run.status.as_str())];
        let goes_on = !self.run.status.is_final();
        Told { arguments: ExplanationArgs { headline, advice, goes_on, ..ExplanationArgs::default() }, fix: None, evidence }
    }

    fn step(&self, key: &InstanceKey) -> String {
        let item = key.path.iter().rev().find_map(|segment| segment.item).map(|item| format!(", item {}", item + 1)).unwrap_or_default();
        match step_of(self.workflow, key) {
            Some(step) => format!("{}{item}", named(&super::situation::path_of(key), step, self.known)),
            None => key.to_string(),
        }
    }

    fn with_writes(&self, mut told: Told) -> Told {
        let writes = done::writes(self.workflow, self.run, self.known);
        told.arguments.done = writes.done;
        told.arguments.undone = writes.undone;
        told.arguments.unknown = writes.unknown;
        told
    }

    fn queued(&self) -> Told {
        let limited = self.workflow.concurrency.map(|most| format!("At most {most} of its runs are in progress at once."));
        let mut told = self.told(
            format!("The run of {} has not begun: it waits until there is room for it.", self.run.workflow),
            "Nothing; it begins by itself. To let more run at once, raise `concurrency` or `limits` of the workflow.",
        );
        told.arguments.findings.extend(limited);
        told
    }

    fn cancelled(&self) -> Told {
        let by = self.known.journal.iter().rev().find_map(|recorded| match &recorded.event {
            Event::CancelRequested { by } => Some(format!(" by {by}, at {}", time_in(recorded.at, self.known.zone))),
            _ => None,
        });
        let headline = format!("The run of {} did not fail: it was stopped{}.", self.run.workflow, by.unwrap_or_default());
        let mut told = self.told(headline, "Run it again if it should go on; what was done is kept then.");
        told.arguments.commands.push(format!("sayflow runs retry {}", self.run.id));
        self.with_writes(told)
    }

    fn succeeded(&self) -> Told {
        let mut told = self.told(format!("The run of {} did not fail: it went through.", self.run.workflow), "");
        for view in &self.run.steps {
            let because = match (&view.error, &view.skipped_because) {
                (Some(error), _) => {
                    let meaning = prompts::error_meaning(&error.code).unwrap_or_else(prompts::any_error).meaning;
                    let message = error.message.trim_end_matches('.');
                    format!("The step {} failed all the same, and the run went on: {message}. {meaning}", view.id)
                }
                (None, Some(because)) => format!("The step {} was left out, because {because}.", view.id),
                (None, None) if view.items.is_some_and(|items| items.total == 0) => {
                    format!("The step {} had nothing to do: its list was empty.", view.id)
                }
                _ => continue,
            };
            told.evidence.push(because.clone());
            told.arguments.findings.push(because);
        }
        told
    }

    fn under_way(&self) -> Told {
        let mut told = match self.run.open.first() {
            Some(open) => self.open(open),
            None => self.waits_or_works(),
        };
        for open in self.run.open.iter().skip(1) {
            let more = self.open(open);
            told.arguments.findings.push(more.arguments.headline);
            told.arguments.commands.extend(more.arguments.commands);
        }
        self.with_writes(told)
    }

    fn open(&self, open: &OpenPoint) -> Told {
        let (id, name) = (&self.run.id, &self.run.workflow);
        match open {
            OpenPoint::Approval { step, approval, question } => {
                let mut told = self.told(
                    format!("The run of {name} waits for a person's yes or no at the step {}.", self.step(step)),
                    "Decide. A no ends the step as failed.",
                );
                told.arguments.message = Some(question.message.clone());
                if let Some(place) = &question.place {
                    told.arguments.meaning =
                        Some(format!("It wants to {}, which nobody has approved for this workflow.", place.in_words()));
                }
                let expires =
                    question.expires.map(|at| format!("Without a decision by {} it counts as a no.", time_in(at, self.known.zone)));
                told.arguments.findings.extend(expires);
                if !question.approvers.is_empty() {
                    told.arguments.findings.push(format!("Besides the owner, {} may decide.", question.approvers.join(", ")));
                }
                told.arguments.commands = vec![format!("sayflow approve {approval}"), format!("sayflow approve {approval} --no")];
                told
            }
            OpenPoint::Unknown { step, error } => {
                let found = prompts::error_meaning("outcome_unknown").unwrap_or_else(prompts::any_error);
                let mut told = self.told(
                    format!("The run of {name} rests at the step {}: nobody knows whether its write was done.", self.step(step)),
                    &format!("{} `on_unknown` of the step decides it for the next time.", found.remedy),
                );
                told.arguments.message = Some(error.message.clone());
                told.arguments.meaning = Some(found.meaning.to_owned());
                told.arguments.commands =
                    ["retry", "skip", "fail"].map(|what| format!("sayflow runs decide {id} '{step}' {what}")).to_vec();
                told.evidence.push(format!("{}: {}", error.code, error.message));
                told
            }
            OpenPoint::Call { step, run, workflow } => {
                let headline = format!("The run of {name} waits at the step {} for the end of a run of {workflow}.", self.step(step));
                let mut told =
                    self.told(headline, "Nothing; it goes on when the other run has ended. Look at that one to see where it stands.");
                told.arguments.commands = vec![format!("sayflow runs show {run}")];
                told
            }
            OpenPoint::Step { step } => {
                let headline = format!("The run of {name} goes step by step and has stopped before {}.", self.step(step));
                let mut told = self.told(headline, "Let it go on.");
                told.arguments.commands = vec![format!("sayflow runs advance {id}")];
                told
            }
            OpenPoint::Resume { by } => {
                let mut told = self.told(format!("The run of {name} rests because {by} paused it."), "Let it go on when it may.");
                told.arguments.commands = vec![format!("sayflow runs resume {id}")];
                told
            }
            OpenPoint::Store { why } => {
                let found = prompts::error_meaning("store_failed").unwrap_or_else(prompts::any_error);
                let mut told = self.told(format!("The run of {name} cannot go on just now."), found.remedy);
                told.arguments.message = Some(why.clone());
                told.arguments.meaning = Some(found.meaning.to_owned());
                told.arguments.commands = vec!["sayflow doctor".to_owned()];
                told
            }
        }
    }

    /// Nothing from outside is missing: it waits for a time, for its next attempt, or is at work.
    fn waits_or_works(&self) -> Told {
        let name = &self.run.workflow;
        let last = self.known.journal.iter().rev().find_map(|recorded| match &recorded.event {
            Event::StepWaiting { key, until, .. } => {
                let headline =
                    format!("The run of {name} waits at the step {} until {}.", self.step(key), time_in(*until, self.known.zone));
                Some(self.told(headline, "Nothing; it goes on by itself then."))
            }
            Event::StepFailed { key, error, retry_at: Some(at), .. } => {
                let found = prompts::error_meaning(&error.code).unwrap_or_else(prompts::any_error);
                let headline = format!(
                    "The step {} failed, and the run of {name} tries it again at {}.",
                    self.step(key),
                    time_in(*at, self.known.zone)
                );
                let mut told = self.told(headline, "Nothing yet; it is tried again by itself.");
                told.arguments.message = Some(error.message.clone());
                told.arguments.meaning = Some(found.meaning.to_owned());
                Some(told)
            }
            Event::StepStarted { key, .. } => {
                let since = time_in(recorded.at, self.known.zone);
                Some(self.told(format!("The run of {name} is at work: the step {} began at {since}.", self.step(key)), ""))
            }
            _ => None,
        });
        last.unwrap_or_else(|| {
            let busy = |status| matches!(status, StepStatus::Running | StepStatus::Waiting);
            let steps: Vec<&str> = self.run.steps.iter().filter(|view| busy(view.status)).map(|view| view.id.as_str()).collect();
            let at = if steps.is_empty() { String::new() } else { format!(" at the step {}", steps.join(", ")) };
            let does = if self.run.status == RunStatus::Waiting { "waits" } else { "goes on" };
            self.told(format!("The run of {name} has not failed: it {does}{at}."), "Nothing; it goes on by itself.")
        })
    }
}
