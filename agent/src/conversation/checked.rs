//! The checks' word: a sound plan is tried, a broken one is mended while that may help.

use super::event::CheckOutcome;
use super::{Conversation, Effect, Phase};
use sayflow_protocol::{Diagnostic, Workflow};

impl Conversation {
    /// Takes the checks' word.
    pub(super) fn checked(&mut self, workflow: Workflow, checked: CheckOutcome) -> Vec<Effect> {
        let errors: Vec<Diagnostic> = checked.diagnostics.iter().filter(|finding| finding.is_error()).cloned().collect();
        if errors.is_empty() {
            let network_reads = self.turn.network_reads;
            self.phase = Phase::DryRunning { workflow: workflow.clone(), checked };
            return vec![Effect::DryRun { workflow, network_reads }];
        }
        match self.repair(&workflow, errors) {
            Some(effect) => vec![effect],
            None => vec![self.save(workflow, checked, None)],
        }
    }

    /// Asks for a better plan, unless the limits are used up or the last repair left the same findings.
    pub(super) fn repair(&mut self, workflow: &Workflow, findings: Vec<Diagnostic>) -> Option<Effect> {
        let may_repair = self.turn.repairs < self.caps.repairs && self.caps.reached(self.turn.rounds, &self.turn.usage).is_none();
        if !may_repair || same_findings(&self.turn.mending, &findings) {
            return None;
        }
        self.turn.repairs += 1;
        self.turn.mending.clone_from(&findings);
        Some(self.plan(Some(workflow.clone()), findings))
    }
}

fn same_findings(left: &[Diagnostic], right: &[Diagnostic]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| a.code == b.code && a.pointer == b.pointer && a.message == b.message)
}
