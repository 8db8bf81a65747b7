//! Expressions: `${{ … }}` in a document, checked by syntax, compiled once and evaluated in a sandbox.
//!
//! [`Template::compile`] takes a JSON value apart and refuses every syntax outside an allow-list, so that what runs is
//! known before anything runs. An [`Evaluator`] fills in the values: plain member paths without an interpreter, the
//! rest in QuickJS on threads of its own.

mod evaluator;
mod json;
mod lambda;
mod mentions;
mod needs;
mod path;
mod pool;
mod refusal;
mod sandbox;
mod script;
mod syntax;
mod template;
mod walk;

pub use evaluator::{Evaluator, Scope};
pub use lambda::Lambda;
pub use mentions::{Mention, MentionedPart, mentions};
pub use template::Template;
pub use walk::GLOBALS;

use crate::action::StepError;

/// The names that an expression may start from.
pub const ROOTS: &[&str] = &["inputs", "trigger", "steps", "item", "index", "run", "error", "now", "output", "iteration"];

/// What an expression refers to: a root such as `steps` and the literal names and indices behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// One of [`ROOTS`].
    pub root: String,
    /// The literal members behind it, as far as they are literal. The name of a method that is called is not
    /// among them.
    pub path: Vec<String>,
}

/// Why a text is no expression that we take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExprError {
    /// Diagnostic code.
    pub code: &'static str,
    /// JSON pointer below the compiled value.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

/// Why an evaluation failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// `expression_threw`, `expression_timeout`, `expression_memory`.
    pub code: String,
    /// What happened, with the expression's text.
    pub message: String,
}

impl From<EvalError> for StepError {
    fn from(why: EvalError) -> Self {
        Self::new(&why.code, why.message)
    }
}
