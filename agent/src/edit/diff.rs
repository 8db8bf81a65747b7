//! Finds the operations that lead from one workflow to another: as few steps as can be are touched.

use super::apply::{apply_to_value, canonical};
use super::differ::Differ;
use super::lists;
use super::path::{ON_FAILURE, StepPath};
use super::sameness::same;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::Operation;
use serde_json::{Map, Value};

/// The operations that lead from `base` to `new`: `apply(base, diff(base, new))` is `new`, in the same canonical JSON.
pub fn diff(base: &Workflow, new: &Workflow) -> Vec<Operation> {
    let (from, to) = (canonical(base), canonical(new));
    if same(&from, &to) {
        return Vec::new();
    }
    let fine = all(Differ { document: from.clone(), operations: Vec::new() }, &to);
    let arrives = |operations: &Vec<Operation>| apply_to_value(&from, operations).is_ok_and(|found| same(&tidied(found), &to));
    // What the fine operations cannot express (ids that are there twice, references that lead nowhere) is set as a whole.
    fine.filter(arrives).unwrap_or_else(|| coarse(&from, &to))
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

/// The operations that lead step by step from the differ's document to another one.
fn all(mut differ: Differ, to: &Value) -> Option<Vec<Operation>> {
    let lists = [StepPath::of_list(None), StepPath::of_list(Some(ON_FAILURE))];
    for list in &lists {
        lists::rename_steps(&mut differ, list, to)?;
    }
    for key in KEYS {
        differ.key(None, key, differ.document.get(key).cloned().as_ref(), to.get(key))?;
    }
    for list in &lists {
        lists::change_list(&mut differ, list, to)?;
    }
    Some(differ.operations)
}

/// The keys of a workflow besides its steps.
const KEYS: [&str; 10] = ["name", "description", "triggers", "inputs", "outputs", "concurrency", "limits", "timeout", "timezone", "tags"];
