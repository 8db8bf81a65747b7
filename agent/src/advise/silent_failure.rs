//! `silent-failure`: a workflow that starts by itself, writes, and tells nobody when it fails.

use super::facts::{Facts, Place};
use super::suggest;
use sayflow_engine::action::role;
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::api::{Operation, Suggestion};
use serde_json::{Map, Value, json};

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    let workflow = facts.workflow;
    if !workflow.on_failure.is_empty() || facts.schedules().next().is_none() || facts.writes().next().is_none() {
        return Vec::new();
    }
    let told: Vec<Value> = facts.writes().filter_map(|place| telling(facts, place)).collect();
    // Several people or channels: somebody has to say who hears of it.
    let one = told.split_first().filter(|(first, rest)| rest.iter().all(|other| other["with"] == first["with"])).map(|(first, _)| first);
    let add = |step: &Value| Operation::Add { step: step.clone(), after: None, within: Some("on_failure".to_owned()) };
    let arguments = SuggestionArgs {
        count: facts.history.failures().count(),
        total: facts.history.counted().count(),
        value: one.and_then(|step| step["uses"].as_str()).unwrap_or_default().to_owned(),
        ..SuggestionArgs::default()
    };
    vec![suggest("silent-failure", None, arguments, one.map(add).into_iter().collect())]
}

/// A step that tells of a failure where a step of the workflow tells of its results.
fn telling(facts: &Facts<'_>, place: &Place<'_>) -> Option<Value> {
    let text = place.message_param()?;
    let spec = place.spec?;
    let mut with = Map::new();
    for rule in spec.destinations.iter().filter(|rule| spec.is_required(&rule.param)) {
        let value = place.step.with.get(&rule.param)?;
        // Whoever a message goes to by its data is not who looks after the workflow.
        if value.to_string().contains("${{") {
            return None;
        }
        with.insert(rule.param.clone(), value.clone());
    }
    let name = &facts.workflow.name;
    if let Some(subject) = spec.param_with_role(role::SUBJECT) {
        with.insert(subject.to_owned(), json!(format!("{name} failed")));
    }
    with.insert(text.to_owned(), json!(format!("{name} failed: ${{{{ error.message }}}}")));
    let mut step = json!({ "id": facts.free_id("tell"), "uses": place.step.uses, "with": with });
    if let Some(account) = &place.step.credential {
        step["credential"] = json!(account);
    }
    Some(step)
}
