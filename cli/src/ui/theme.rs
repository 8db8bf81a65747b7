//! How prompts look: like everything else on the screen, in its colours and characters.

use super::screen::Screen;
use dialoguer::theme::Theme;
use std::fmt::{self, Write};

/// Prompts for one screen.
pub struct Prompts(pub Screen);

impl Prompts {
    fn question(&self, prompt: &str) -> String {
        format!("{} {}", self.0.hint("?"), self.0.bold(prompt))
    }
}

impl Theme for Prompts {
    fn format_prompt(&self, f: &mut dyn Write, prompt: &str) -> fmt::Result {
        f.write_str(&self.question(prompt))
    }

    fn format_input_prompt(&self, f: &mut dyn Write, prompt: &str, _default: Option<&str>) -> fmt::Result {
        write!(f, "{} ", self.question(prompt))
    }

    fn format_input_prompt_selection(&self, f: &mut dyn Write, prompt: &str, answer: &str) -> fmt::Result {
        write!(f, "{} {}", self.question(prompt), self.0.hint(answer))
    }

    fn format_select_prompt_item(&self, f: &mut dyn Write, text: &str, active: bool) -> fmt::Result {
        if active { write!(f, "{} {}", self.0.hint(self.0.pick("❯", ">")), self.0.hint(text)) } else { write!(f, "  {text}") }
    }
}
