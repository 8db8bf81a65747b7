//! A document on its way to another one, and when two values are the same.

use super::change::carry_out;
use super::values;
use sayflow_protocol::api::Operation;
use serde_json::Value;

/// A document on its way to another one.
pub(super) struct Differ {
    pub document: Value,
    pub operations: Vec<Operation>,
}

impl Differ {
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
