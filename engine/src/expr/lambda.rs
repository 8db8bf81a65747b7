//! Parameters that are evaluated for each item of a list.

use super::evaluator::EXPRESSION_LIMIT;
use super::needs::{Needed, Needs};
use super::pool::describe;
use super::sandbox::MapJob;
use super::template::PerItem;
use super::{EvalError, Evaluator, Scope, Template, path};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The limit for all items of one call.
const TOTAL_LIMIT: Duration = Duration::from_secs(10);
/// Items go over in portions of about this many bytes, well below the memory that the interpreter has.
const PORTION: usize = 4 << 20;

/// A compiled per-item parameter with the scope it was written in.
#[derive(Clone)]
pub struct Lambda {
    evaluator: Evaluator,
    template: Template,
    scope: Arc<Scope>,
}

impl Lambda {
    pub(super) fn new(evaluator: Evaluator, template: Template, scope: Arc<Scope>) -> Self {
        Self { evaluator, template, scope }
    }

    /// The parameter as written.
    pub fn source(&self) -> &Value {
        self.template.source()
    }

    /// Evaluates it for each item, with `item` and `index` bound.
    ///
    /// # Errors
    /// At the first item for which it throws or runs over its limits: 250 ms for an item, 10 s for all.
    pub async fn call_all(&self, items: &[Value]) -> Result<Vec<Value>, EvalError> {
        if let Some(Value::String(name)) = self.template.constant() {
            return Ok(items.iter().map(|item| path::field(item, name)).collect());
        }
        let assemble =
            |(index, item): (usize, &Value), row: &mut [Value]| self.template.assemble(&self.scope, Some(PerItem { item, index }), row);
        if self.template.scripts().is_empty() {
            return Ok(items.iter().enumerate().map(|at| assemble(at, &mut [])).collect());
        }
        let scope: Arc<str> = self.template.scope_json(&self.scope, &["item", "index"])?.into();
        let started = Instant::now();
        let mut values = Vec::with_capacity(items.len());
        while values.len() < items.len() {
            let first = values.len();
            let portion = self.portion(&items[first..])?;
            let left = TOTAL_LIMIT.saturating_sub(started.elapsed());
            let rows = self.run(Arc::clone(&scope), portion, first, left).await?;
            values.extend(rows.into_iter().enumerate().map(|(at, mut row)| assemble((first + at, &items[first + at]), &mut row)));
        }
        Ok(values)
    }

    /// The first items as a JSON list, cut down to what the scripts look at.
    fn portion(&self, items: &[Value]) -> Result<String, EvalError> {
        let nothing = Needs::default();
        let needs = self.template.needs_of("item").unwrap_or(&nothing);
        let mut json = String::from("[");
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                if json.len() > PORTION {
                    break;
                }
                json.push(',');
            }
            let text = serde_json::to_string(&Needed(item, needs)).map_err(|why| EvalError {
                code: "expression_threw".to_owned(),
                message: format!("item {at} cannot be handed over: {why}"),
            })?;
            json.push_str(&text);
        }
        json.push(']');
        Ok(json)
    }

    async fn run(&self, scope: Arc<str>, items: String, first: usize, total: Duration) -> Result<Vec<Vec<Value>>, EvalError> {
        let scripts = self.template.scripts().to_vec();
        let text = scripts.first().map_or_else(String::new, |script| script.text.clone());
        let job = move |slot: &mut super::pool::Slot| {
            let mut failed = (0, 0);
            let result = slot.expressions(|sandbox| {
                let job = MapJob { scripts: &scripts, scope: &scope, items: &items, first, limit: EXPRESSION_LIMIT, total };
                sandbox.map(&job).map_err(|(item, script, fault)| {
                    failed = (item, script);
                    fault
                })
            });
            result.map_err(|fault| {
                let text = scripts.get(failed.1).map_or("", |script| script.text.as_str());
                let mut error = describe(&fault, text, EXPRESSION_LIMIT);
                error.message = format!("{} (at item {})", error.message, failed.0);
                error
            })
        };
        self.evaluator.pool.run(total, &text, job).await
    }
}
