//! One function for each text. Where a text takes a single value, its name in the text is the parameter's.

use crate::arguments::{CannotArgs, CheckFailedArgs, DraftReadyArgs, HelpArgs, QuestionsArgs, SummaryArgs};
use crate::render::render;
use minijinja::context;
use minijinja::value::Serde;

/// What a workflow does: when it starts, what it reads, what it writes where.
pub fn summary(arguments: &SummaryArgs) -> String {
    render("summary", Serde(arguments))
}

/// A draft stands: its summary and what the dry run showed.
pub fn draft_ready(arguments: &DraftReadyArgs) -> String {
    render("draft_ready", Serde(arguments))
}

/// Something has to be known first.
pub fn questions(arguments: &QuestionsArgs) -> String {
    render("questions", Serde(arguments))
}

/// It cannot be done.
pub fn cannot(arguments: &CannotArgs) -> String {
    render("cannot", Serde(arguments))
}

/// A draft was written and the checks refuse it.
pub fn check_failed(arguments: &CheckFailedArgs) -> String {
    render("check_failed", Serde(arguments))
}

/// What Sayflow can do.
pub fn help(arguments: &HelpArgs) -> String {
    render("help", Serde(arguments))
}

/// Good day.
pub fn greeting() -> String {
    render("greeting", context! {})
}

/// You are welcome.
pub fn thanks() -> String {
    render("thanks", context! {})
}

/// The open questions are closed without an answer.
pub fn dropped() -> String {
    render("dropped", context! {})
}

/// Somebody wants to know what the draft does and there is none.
pub fn nothing_drafted() -> String {
    render("nothing_drafted", context! {})
}

/// The message was empty.
pub fn nothing_said() -> String {
    render("nothing_said", context! {})
}

/// An answer came for a question that is not open.
pub fn unknown_answer(ids: &[String], open: &[String]) -> String {
    render("unknown_answer", context! { ids => ids.to_vec(), open => open.to_vec() })
}

/// A limit of the conversation was reached; `what` is such as `40000 tokens`.
pub fn spent(what: &str) -> String {
    render("spent", context! { what })
}

/// A part of the work could not be done at all; `doing` is such as `planning`.
pub fn failed(doing: &str, message: &str) -> String {
    render("failed", context! { doing, message })
}
