//! The saved workflow that is to be changed is here.

use super::act::{Loaded, Refused};
use super::{Base, Conversation, Effect};
use sayflow_prompts as prompts;

impl Conversation {
    /// Takes the saved workflow, or why there is none.
    pub(super) fn loaded(&mut self, workflow: &str, loaded: Result<Loaded, Refused>) -> Vec<Effect> {
        match loaded {
            Ok(loaded) => {
                let against = format!("version {} of {workflow}", loaded.version);
                self.turn.base = Some(Base { against, workflow: loaded.workflow });
                self.retrieve()
            }
            Err(why) => self.give_up(prompts::refused(&why.message, why.help.as_deref())),
        }
    }
}
