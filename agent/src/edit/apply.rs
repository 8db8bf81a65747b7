//! Carries operations out on a workflow, all or nothing.

use super::change::{carry_out, exists};
use super::error::{EditError, Refused};
use super::path::StepPath;
use super::removal;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::Operation;
use serde_json::Value;

/// The workflow after the operations, one after the other. Steps that none of them mentions keep their exact canonical
/// JSON, except that `rename` lets references follow and `remove` passes order on (`needs`).
///
/// # Errors
/// The first operation that cannot be carried out, with place and remedy; then none was.
pub fn apply(base: &Workflow, operations: &[Operation]) -> Result<Workflow, EditError> {
    let document = canonical(base);
    let changed = apply_to_value(&document, operations)?;
    read(changed).map_err(|why| why.numbered(operations.len()))
}

/// A workflow in canonical JSON.
pub(super) fn canonical(workflow: &Workflow) -> Value {
    // A workflow is plain data with text keys: it can always be written.
    serde_json::to_value(workflow).unwrap_or_default()
}

pub(super) fn apply_to_value(document: &Value, operations: &[Operation]) -> Result<Value, EditError> {
    let mut changed = document.clone();
    let mut removed: Vec<(usize, StepPath)> = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        carry_out(&mut changed, operation).map_err(|why| why.numbered(at + 1))?;
        if let Operation::Remove { step } = operation {
            removed.push((at + 1, StepPath::of_step(step)));
        }
    }
    for (number, path) in removed {
        if !exists(&changed, &path) {
            removal::check(document, &changed, std::slice::from_ref(&path)).map_err(|why| why.numbered(number))?;
        }
    }
    Ok(changed)
}

pub(super) fn read(document: Value) -> Result<Workflow, Refused> {
    let place = |document: &Value| {
        let broken = ["triggers", "inputs", "steps", "on_failure", "outputs", "limits", "timeout", "tags"].into_iter().find(|key| {
            let mut one = serde_json::json!({ "name": "x", "steps": [] });
            document.get(key).is_some_and(|value| {
                one[*key] = value.clone();
                serde_json::from_value::<Workflow>(one).is_err()
            })
        });
        broken.map_or_else(|| "the workflow".to_owned(), |key| format!("/{key}"))
    };
    match serde_json::from_value(document.clone()) {
        Ok(workflow) => Ok(workflow),
        Err(why) => Err(Refused::new(
            place(&document),
            format!("after these changes it would be no workflow: {why}"),
            "compare it with: sayflow schema",
        )),
    }
}

#[cfg(test)]
mod tests;
