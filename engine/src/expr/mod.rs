//! Expressions: `${{ … }}` in a document, checked by syntax, compiled once and evaluated in a sandbox.

use crate::action::StepError;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A JSON value with expressions in it, compiled.
#[derive(Debug, Clone)]
pub struct Template {
    source: Value,
}

/// What an expression refers to: a root such as `steps` and the literal names and indices behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// `inputs`, `trigger`, `steps`, `item`, `index`, `run`, `error`, `now`, `output` or `iteration`.
    pub root: String,
    /// The literal members behind it, as far as they are literal.
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

/// What expressions see, by root name.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// `inputs`, `trigger`, `steps` (an object by step id of `{output, error, status}`), `item`, …
    pub values: BTreeMap<String, Arc<Value>>,
}

/// Evaluates expressions on its own threads. A cheap handle.
#[derive(Clone)]
pub struct Evaluator {}

/// A compiled per-item parameter with the scope it was written in.
#[derive(Clone)]
pub struct Lambda {
    #[allow(dead_code)]
    template: Template,
}

impl Template {
    /// Compiles a value: every string in it (keys excepted) may hold expressions.
    ///
    /// # Errors
    /// All syntax errors, with their places.
    pub fn compile(_value: &Value) -> Result<Self, Vec<ExprError>> {
        unimplemented!()
    }

    /// The value, when it holds no expression.
    pub fn constant(&self) -> Option<&Value> {
        unimplemented!()
    }

    /// The value as written.
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// Everything that its expressions refer to.
    pub fn references(&self) -> &[Reference] {
        unimplemented!()
    }
}

impl Evaluator {
    /// One with its own worker threads, started when they are first needed.
    pub fn new() -> Self {
        unimplemented!()
    }

    /// Fills the expressions in.
    ///
    /// # Errors
    /// When one throws or runs over its limits.
    pub async fn render(&self, _template: &Template, _scope: &Arc<Scope>) -> Result<Value, EvalError> {
        unimplemented!()
    }

    /// A per-item parameter. A plain string without expressions stands for the field of that name.
    pub fn lambda(&self, _template: Template, _scope: Arc<Scope>) -> Lambda {
        unimplemented!()
    }

    /// Runs a script of statements with `input` bound; its value is what it returns.
    ///
    /// # Errors
    /// When it throws or runs over its limits.
    pub async fn script(&self, _script: &str, _input: Value) -> Result<Value, EvalError> {
        unimplemented!()
    }
}

impl Default for Evaluator {
    fn default() -> Self {
        Self::new()
    }
}

impl Lambda {
    /// Evaluates it for each item, with `item` and `index` bound.
    ///
    /// # Errors
    /// At the first item for which it throws or runs over its limits.
    pub async fn call_all(&self, _items: &[Value]) -> Result<Vec<Value>, EvalError> {
        unimplemented!()
    }

    /// The parameter as written.
    pub fn source(&self) -> &Value {
        self.template.source()
    }
}
