//! A status that later steps look at themselves is expected.

use super::Fix;
use crate::explain::answered::http_status;
use crate::explain::situation::Situation;
use sayflow_engine::expr::mentions;
use serde_json::{Value, json};

pub(super) fn fix(situation: &Situation<'_>) -> Option<Fix> {
    let status = http_status(situation.error)?;
    situation.spec?.param("expect_status")?;
    let id = situation.step.id.as_str();
    let looked_at = serde_json::to_value(situation.workflow).ok().is_some_and(|document| looks_at_status(&document, id));
    if !looked_at {
        return None;
    }
    let mut expected: Vec<Value> = match situation.step.with.get("expect_status") {
        Some(Value::Array(statuses)) => statuses.clone(),
        Some(status @ Value::Number(_)) => vec![status.clone()],
        Some(_) => return None,
        None => vec![json!(200)],
    };
    if expected.contains(&json!(status)) {
        return None;
    }
    expected.push(json!(status));
    let because = format!("A later step looks at the status of {id} itself, so that {status} need not end the run.");
    Some(Fix::set(situation, "/with/expect_status", expected, because))
}

fn looks_at_status(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) if text.contains(id) => mentions(text).iter().any(|mention| {
            let names: Vec<&str> = mention.parts.iter().map(|part| part.name.as_str()).collect();
            mention.root == "steps" && names.starts_with(&[id, "output", "status"])
        }),
        Value::Array(items) => items.iter().any(|item| looks_at_status(item, id)),
        Value::Object(members) => members.values().any(|member| looks_at_status(member, id)),
        _ => false,
    }
}
