//! A part of the work could not be done at all, for instance because a model did not answer.

use super::{Conversation, Effect, Phase};
use sayflow_prompts as prompts;

impl Conversation {
    /// Ends the turn with what went wrong.
    pub(super) fn failed(&mut self, phase: &Phase, message: &str) -> Vec<Effect> {
        let doing = match phase {
            Phase::Idle | Phase::Retrieving => "search for actions",
            Phase::Understanding { .. } => "reading of the message",
            Phase::Loading { .. } => "loading of the workflow",
            Phase::Planning => "planning",
            Phase::Judging { .. } => "comparison with the request",
            Phase::Acting { .. } => "work",
            Phase::Talking { .. } => "wording of the reply",
            Phase::Checking { .. } => "check of the draft",
            Phase::DryRunning { .. } => "dry run",
            Phase::Saving => "saving of the draft",
        };
        self.give_up(prompts::failed(doing, message))
    }
}
