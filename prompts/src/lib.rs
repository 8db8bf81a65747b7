//! The words that Sayflow's agent says. Each text is a Markdown file under `texts/` with minijinja places in it, and
//! has one typed function here. Nothing else in the workspace words a reply.

mod arguments;
mod render;
mod replies;

pub use arguments::{CannotArgs, CheckFailedArgs, DraftReadyArgs, Finding, HelpArgs, HelpExample, Missing, QuestionsArgs, SummaryArgs};
pub use replies::{
    cannot, check_failed, draft_ready, dropped, failed, greeting, help, nothing_drafted, nothing_said, questions, spent, summary, thanks,
    unknown_answer,
};
