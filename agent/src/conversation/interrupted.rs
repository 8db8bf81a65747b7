//! Somebody wants the turn to stop. What is stored stays; nothing else is begun.

use super::{Conversation, Effect};
use sayflow_prompts as prompts;

impl Conversation {
    /// Ends the turn with a calm word.
    pub(super) fn interrupted(&mut self) -> Vec<Effect> {
        self.turn.fallback = None;
        self.turn.interrupted = true;
        let reply = prompts::interrupted(self.thread.draft_name());
        self.give_up(reply)
    }
}
