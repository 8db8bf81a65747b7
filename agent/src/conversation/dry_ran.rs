//! The dry run's word. What failed because of the plan is mended; what failed because of the world is told.

use super::event::CheckOutcome;
use super::{Conversation, Effect};
use sayflow_protocol::api::DryRunReport;
use sayflow_protocol::{Diagnostic, RunError, Severity, Workflow};

/// Failures that another plan can avoid, whatever the data and the services say.
const PLAN_FAULTS: &[&str] = &["expression_memory", "expression_threw", "expression_timeout", "invalid_parameters"];

impl Conversation {
    /// Takes the dry run's word.
    pub(super) fn dry_ran(&mut self, workflow: Workflow, checked: CheckOutcome, report: Result<DryRunReport, String>) -> Vec<Effect> {
        let report = match report {
            Ok(report) => report,
            Err(why) => {
                self.turn.notes.push(format!("it was not tried in a dry run ({why})"));
                return vec![self.save(workflow, checked, None)];
            }
        };
        let fault = report.run.error.as_ref().filter(|error| PLAN_FAULTS.contains(&error.code.as_str()));
        if let Some(finding) = fault.map(|error| finding(&workflow, error))
            && let Some(effect) = self.repair(&workflow, vec![finding])
        {
            return vec![effect];
        }
        if report.run.error.is_some() && self.turn.sound.is_some() {
            return self.use_what_there_is();
        }
        if report.run.error.is_none() && self.may_judge() {
            return vec![self.judge(workflow, checked, report)];
        }
        vec![self.save(workflow, checked, Some(report))]
    }
}

/// A failure of the dry run in the form of the checks' findings, so that a planner reads one kind of list.
fn finding(workflow: &Workflow, error: &RunError) -> Diagnostic {
    let outer = error.step.as_deref().and_then(|key| key.split(['/', '[', '@']).next());
    let place = outer.and_then(|id| workflow.steps.iter().position(|step| step.id == id));
    Diagnostic {
        code: error.code.clone(),
        severity: Severity::Error,
        pointer: place.map(|place| format!("/steps/{place}")).unwrap_or_default(),
        span: None,
        message: error.message.clone(),
        help: error.help.clone(),
    }
}
