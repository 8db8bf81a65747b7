//! The edges of a list of steps: literal references, `needs` and `else_of`.

use crate::expr::Template;
use sayflow_protocol::workflow::{Condition, Step};
use serde_json::Value;
use std::collections::BTreeSet;

/// The ids of the steps outside `step` that it or anything in it refers to. Names that a group declares itself are
/// not outside. A value that does not compile refers to nothing: the checks report it.
pub(crate) fn referenced_steps(step: &Step) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for value in own_values(step) {
        if let Ok(template) = Template::compile(&value) {
            add_steps(&template, &mut found);
        }
    }
    let inner: BTreeSet<&str> = step.steps.iter().map(|s| s.id.as_str()).collect();
    for child in &step.steps {
        found.extend(referenced_steps(child));
    }
    if step.is_group() {
        let outputs = Value::Object(step.outputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect());
        if let Ok(template) = Template::compile(&outputs) {
            add_steps(&template, &mut found);
        }
        found.retain(|id| !inner.contains(id.as_str()));
    }
    found
}

fn add_steps(template: &Template, found: &mut BTreeSet<String>) {
    for reference in template.references() {
        if reference.root == "steps"
            && let Some(id) = reference.path.first()
        {
            found.insert(id.clone());
        }
    }
}

/// Every value of the step itself that may hold expressions.
fn own_values(step: &Step) -> Vec<Value> {
    let mut values: Vec<Value> = step.with.values().cloned().collect();
    if let Some(Condition::Expression(text)) = &step.condition {
        values.push(Value::String(text.clone()));
    }
    if let Some(list) = &step.for_each {
        values.push(list.clone());
    }
    if let Some(repeat) = &step.repeat
        && let Condition::Expression(text) = &repeat.until
    {
        values.push(Value::String(text.clone()));
    }
    if let Some(text) = &step.idempotency_key {
        values.push(Value::String(text.clone()));
    }
    values
}
