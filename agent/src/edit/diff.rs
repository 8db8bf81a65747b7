//! Finds the operations that lead from one workflow to another: as few steps as can be are touched.

use super::apply::{apply_to_value, canonical};
use super::change::carry_out;
use super::lists;
use super::path::{ON_FAILURE, StepPath};
use super::values;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::Operation;
use serde_json::{Map, Value};

/// The operations that lead from `base` to `new`: `apply(base, diff(base, new))` is `new`, in the same canonical JSON.
pub fn diff(base: &Workflow, new: &Workflow) -> Vec<Operation> {
    let (from, to) = (canonical(base), canonical(new));
    if same(&from, &to) {
        return Vec::new();
    }
    let fine = Differ { document: from.clone(), operations: Vec::new() }.run(&to);
    let arrives = |operations: &Vec<Operation>| apply_to_value(&from, operations).is_ok_and(|found| same(&tidied(found), &to));
    // What the fine operations cannot express (ids that are there twice, references that lead nowhere) is set as a whole.
    fine.filter(arrives).unwrap_or_else(|| coarse(&from, &to))
}

/// Whether two values are written the same, members in the same order.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    let written = |value: &Value| value.to_string();
    one == other && written(one) == written(other)
}

fn tidied(document: Value) -> Value {
    serde_json::from_value::<Workflow>(document.clone()).map_or(document, |workflow| canonical(&workflow))
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn coarse(from: &Value, to: &Value) -> Vec<Operation> {
    let gone = members(from).filter(|(key, _)| to.get(key.as_str()).is_none());
    let unset = gone.map(|(key, _)| Operation::Unset { step: None, pointer: format!("/{key}") });
    let changed = members(to).filter(|(key, value)| !from.get(key.as_str()).is_some_and(|old| same(old, value)));
    let set = changed.map(|(key, value)| Operation::Set { step: None, pointer: format!("/{key}"), value: value.clone() });
    unset.chain(set).collect()
}

/// A document on its way to another one.
pub(super) struct Differ {
    pub document: Value,
    pub operations: Vec<Operation>,
}

impl Differ {
    fn run(mut self, to: &Value) -> Option<Vec<Operation>> {
        let lists = [StepPath::of_list(None), StepPath::of_list(Some(ON_FAILURE))];
        for list in &lists {
            lists::rename_steps(&mut self, list, to)?;
        }
        for key in KEYS {
            self.key(None, key, self.document.get(key).cloned().as_ref(), to.get(key))?;
        }
        for list in &lists {
            lists::change_list(&mut self, list, to)?;
        }
        Some(self.operations)
    }

    /// Carries an operation out and keeps it. `None` when it cannot be.
    pub(super) fn push(&mut self, operation: Operation) -> Option<()> {
        carry_out(&mut self.document, &operation).ok()?;
        self.operations.push(operation);
        Some(())
    }

    /// The operations that change one key of a step, or of the workflow.
    pub(super) fn key(&mut self, step: Option<&str>, key: &str, old: Option<&Value>, new: Option<&Value>) -> Option<()> {
        let pointer = format!("/{}", values::escape(key));
        match (old, new) {
            (None, None) => Some(()),
            (Some(_), None) => self.push(Operation::Unset { step: step.map(str::to_owned), pointer }),
            (None, Some(value)) => self.push(Operation::Set { step: step.map(str::to_owned), pointer, value: value.clone() }),
            (Some(old), Some(new)) => {
                let mut changes = Vec::new();
                values::changes(old, new, &pointer, &mut changes);
                changes.into_iter().try_for_each(|(pointer, value)| {
                    let step = step.map(str::to_owned);
                    self.push(match value {
                        Some(value) => Operation::Set { step, pointer, value },
                        None => Operation::Unset { step, pointer },
                    })
                })
            }
        }
    }
}

/// The keys of a workflow besides its steps.
const KEYS: [&str; 10] = ["name", "description", "triggers", "inputs", "outputs", "concurrency", "limits", "timeout", "timezone", "tags"];
