//! What the host knows when a turn begins, so that the machine need not ask.

use super::effect::PlannerKind;

/// Facts about the installation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The saved workflows, by name.
    pub workflows: Vec<KnownWorkflow>,
    /// The best planner that there is: [`PlannerKind::Model`] where a model is configured.
    pub planner: PlannerKind,
}

/// A saved workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownWorkflow {
    /// Its name.
    pub name: String,
    /// What it does, as whoever wrote it says.
    pub description: Option<String>,
    /// The active version.
    pub active: Option<u32>,
}

impl Known {
    /// Whether there is a workflow of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.workflows.iter().any(|workflow| workflow.name == name)
    }

    /// Whether a model can be asked.
    pub(super) fn has_model(&self) -> bool {
        self.planner == PlannerKind::Model
    }

    /// The names.
    pub(super) fn names(&self) -> Vec<String> {
        self.workflows.iter().map(|workflow| workflow.name.clone()).collect()
    }
}
