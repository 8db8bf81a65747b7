//! Evaluates templates and scripts. Hands over to the interpreter's threads only what needs an interpreter.

use super::pool::{Pool, describe};
use super::sandbox::{Purpose, Sandbox};
use super::script::function_of;
use super::{EvalError, Lambda, Template};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The limit for one expression.
pub(super) const EXPRESSION_LIMIT: Duration = Duration::from_millis(250);
/// The limit for a script of statements.
const SCRIPT_LIMIT: Duration = Duration::from_secs(5);

/// What expressions see, by root name.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// `inputs`, `trigger`, `steps` (an object by step id of `{output, error, status}`), `item`, …
    pub values: BTreeMap<String, Arc<Value>>,
}

/// Evaluates expressions on its own threads. A cheap handle.
#[derive(Clone)]
pub struct Evaluator {
    pub(super) pool: Arc<Pool>,
}

impl Evaluator {
    /// One with its own worker threads, started when they are first needed.
    pub fn new() -> Self {
        Self { pool: Arc::new(Pool::new()) }
    }

    /// Fills the expressions in.
    ///
    /// # Errors
    /// When one throws or runs over its limits (250 ms and 64 MiB each).
    pub async fn render(&self, template: &Template, scope: &Arc<Scope>) -> Result<Value, EvalError> {
        let mut results = Vec::new();
        if !template.scripts().is_empty() {
            let values = template.scope_json(scope, &[])?;
            let scripts = template.scripts().to_vec();
            let limit = EXPRESSION_LIMIT * u32::try_from(scripts.len()).unwrap_or(u32::MAX);
            let text = scripts.iter().map(|script| script.text.as_str()).collect::<Vec<_>>().join("; ");
            let run = self.pool.run(limit, &text, move |slot| {
                let mut failed = 0;
                slot.expressions(|sandbox| {
                    sandbox.evaluate(&scripts, &values, EXPRESSION_LIMIT).map_err(|(number, fault)| {
                        failed = number;
                        fault
                    })
                })
                .map_err(|fault| describe(&fault, scripts.get(failed).map_or("", |script| script.text.as_str()), EXPRESSION_LIMIT))
            });
            results = run.await?;
        }
        Ok(template.assemble(scope, None, &mut results))
    }

    /// A per-item parameter. A plain string without expressions stands for the field of that (dotted) name.
    pub fn lambda(&self, template: Template, scope: Arc<Scope>) -> Lambda {
        Lambda::new(self.clone(), template, scope)
    }

    /// Runs a script of statements with `input` bound; its value is what it returns, or its own when it is one
    /// expression. A promise is waited for.
    ///
    /// # Errors
    /// When it throws or runs over its limits (5 s and 64 MiB).
    pub async fn script(&self, script: &str, input: Value) -> Result<Value, EvalError> {
        let text = script.to_owned();
        let run = self.pool.run(SCRIPT_LIMIT, script, move |_| {
            let function = function_of(&text);
            let input = input.to_string();
            // A script may change what it finds, so that no other may find it.
            Sandbox::new(Purpose::OneScript)
                .and_then(|mut sandbox| sandbox.run(&function, &input, SCRIPT_LIMIT))
                .map_err(|fault| describe(&fault, &text, SCRIPT_LIMIT))
        });
        run.await
    }
}

impl Default for Evaluator {
    fn default() -> Self {
        Self::new()
    }
}
