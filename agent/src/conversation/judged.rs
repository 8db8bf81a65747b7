//! The comparison of what a draft does with what was asked: one repair from the differences, and where they stay they are
//! told.

use super::event::CheckOutcome;
use super::{Attempt, Conversation, Effect, Phase};
use crate::model::{Fault, ModelError};
use sayflow_protocol::api::{DryRunReport, Usage};
use sayflow_protocol::{Diagnostic, Severity, Workflow};
use std::fmt::Write as _;

/// The code of a finding that is a difference from the request.
const DIFFERENCE: &str = "difference";
/// So many differences are told.
const MOST: usize = 5;

impl Conversation {
    /// Whether a draft is compared with the request: once, where a model has planned it.
    pub(super) fn may_judge(&self) -> bool {
        self.model_plans() && !self.turn.edited && !self.turn.judged && self.caps.reached(0, &self.turn.usage).is_none()
    }

    /// Has it compared.
    pub(super) fn judge(&mut self, workflow: Workflow, checked: CheckOutcome, report: DryRunReport) -> Effect {
        self.turn.judged = true;
        let mut request = self.thread.request.clone();
        for (question, answer) in &self.thread.answers {
            let _ = write!(request, "\n{} {answer}", question.text);
        }
        self.phase = Phase::Judging { attempt: Attempt { workflow: workflow.clone(), checked, report: Some(report.clone()) } };
        Effect::Judge { request, workflow, report }
    }

    /// Takes the comparison.
    pub(super) fn judged(&mut self, attempt: Attempt, differences: Result<Vec<String>, ModelError>, usage: Usage) -> Vec<Effect> {
        self.turn.usage.add(&usage);
        let mut differences = match differences {
            Ok(differences) => differences,
            Err(why) if why.fault == Fault::Cancelled => return self.interrupted(),
            Err(why) => {
                tracing::info!(%why, "a draft was not compared with the request");
                Vec::new()
            }
        };
        differences.retain(|difference| !difference.trim().is_empty());
        differences.truncate(MOST);
        if differences.is_empty() {
            return vec![self.save(attempt.workflow, attempt.checked, attempt.report)];
        }
        self.turn.differences.clone_from(&differences);
        if self.caps.reached(self.turn.rounds, &self.turn.usage).is_some() {
            return vec![self.save(attempt.workflow, attempt.checked, attempt.report)];
        }
        let findings = differences.into_iter().map(finding).collect();
        let base = attempt.workflow.clone();
        // It is sound: whatever becomes of the repair, there is a draft.
        self.turn.sound = Some(attempt);
        vec![self.plan(Some(base), findings)]
    }
}

fn finding(difference: String) -> Diagnostic {
    Diagnostic {
        code: DIFFERENCE.to_owned(),
        severity: Severity::Error,
        pointer: String::new(),
        span: None,
        message: difference,
        help: None,
    }
}
