//! The checks' word: a sound plan is tried, a broken one is mended while that may help.

use super::event::CheckOutcome;
use super::{Attempt, Conversation, Effect, Phase};
use sayflow_prompts as prompts;
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
        if let Some(effect) = self.repair(&workflow, errors) {
            return vec![effect];
        }
        if self.turn.sound.is_some() || self.turn.failed.is_some() {
            return self.use_what_there_is();
        }
        if self.model_plans() && !self.turn.edited {
            // Another planner may do better; if not, what this one made is shown with its faults.
            self.turn.failed = Some(Attempt { workflow, checked, report: None });
            return self.plan_offline(prompts::not_mended(self.turn.repairs));
        }
        vec![self.save(workflow, checked, None)]
    }

    /// Asks for a better plan, unless the limits are used up or the last repair left the same findings. The offline planner
    /// gives the same plan for the same request: asking it to mend one is of no use.
    pub(super) fn repair(&mut self, workflow: &Workflow, findings: Vec<Diagnostic>) -> Option<Effect> {
        let may_repair = self.model_plans()
            && !self.turn.edited
            && self.turn.repairs < self.caps.repairs
            && self.caps.reached(self.turn.rounds, &self.turn.usage).is_none();
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
