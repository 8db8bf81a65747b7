//! Fills the slots of a template: a workflow comes out that says what it does without them.

use super::{Template, place, schedule};
use indexmap::IndexMap;
use sayflow_engine::run::coerce;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::template::TemplateSlot;
use serde_json::Value;

/// Names that are nearer than this are probably meant.
const SIMILAR: f64 = 0.7;

/// Why a template cannot be used with these values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// Slots without a value that need one.
    #[error("{} no value yet: {}", have(.0.len()), list(.0))]
    Missing(Vec<(String, String)>),
    /// There is no such slot.
    #[error("there is no slot \"{name}\"{}; the template has: {}", suggestion.as_ref().map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default(), listed(.known))]
    Unknown {
        /// What was said.
        name: String,
        /// What was probably meant.
        suggestion: Option<String>,
        /// What there is.
        known: Vec<String>,
    },
    /// A value does not fit its slot.
    #[error("the slot \"{name}\" {why}")]
    Unfit {
        /// The slot.
        name: String,
        /// What is wrong with the value.
        why: String,
    },
}

fn have(slots: usize) -> &'static str {
    if slots == 1 { "a slot has" } else { "some slots have" }
}

fn list(slots: &[(String, String)]) -> String {
    slots.iter().map(|(name, description)| format!("{name} ({})", description.trim_end_matches('.'))).collect::<Vec<_>>().join(", ")
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The workflow with these values, the defaults where none is given, and the zone of whoever uses it where it has a
/// schedule and no zone.
///
/// # Errors
/// See [`FillError`].
pub fn fill(template: &Template, given: &IndexMap<String, Value>, zone: &str) -> Result<Workflow, FillError> {
    let slots = &template.info.slots;
    if let Some(name) = given.keys().find(|name| !slots.iter().any(|slot| slot.name == **name)) {
        return Err(unknown(name, slots));
    }
    let missing: Vec<&TemplateSlot> = slots.iter().filter(|slot| slot.required && !given.contains_key(&slot.name)).collect();
    if !missing.is_empty() {
        return Err(FillError::Missing(missing.into_iter().map(|slot| (slot.name.clone(), slot.description.clone())).collect()));
    }
    let mut document = serde_json::to_value(&template.workflow).unwrap_or_default();
    for slot in slots {
        if let Some(value) = given.get(&slot.name) {
            let value = fitting(slot, value)?;
            set(&mut document, slot, &value);
        } else if slot.name == schedule::TIMEZONE && slot.sets == [schedule::TIMEZONE] && slot.default.is_none() {
            set(&mut document, slot, &Value::from(zone));
        }
    }
    serde_json::from_value(document)
        .map_err(|why| FillError::Unfit { name: given.keys().cloned().collect::<Vec<_>>().join(", "), why: why.to_string() })
}

fn unknown(name: &str, slots: &[TemplateSlot]) -> FillError {
    let near = slots.iter().map(|slot| (strsim::jaro_winkler(name, &slot.name), &slot.name));
    let best = near.filter(|(score, _)| *score >= SIMILAR).max_by(|left, right| left.0.total_cmp(&right.0));
    FillError::Unknown {
        name: name.to_owned(),
        suggestion: best.map(|(_, name)| name.clone()),
        known: slots.iter().map(|slot| slot.name.clone()).collect(),
    }
}

/// The value in the type of the slot.
fn fitting(slot: &TemplateSlot, value: &Value) -> Result<Value, FillError> {
    let unfit = |why: String| FillError::Unfit { name: slot.name.clone(), why };
    let value = coerce(value, &slot.schema);
    if holds_expression(&value) {
        return Err(unfit("takes a plain value; put expressions into the workflow itself".to_owned()));
    }
    let validator = jsonschema::validator_for(&slot.schema).map_err(|why| unfit(format!("has a broken schema: {why}")))?;
    let fault = validator.iter_errors(&value).next().map(|fault| fault.to_string());
    fault.map_or(Ok(value), |fault| Err(unfit(format!("does not take this: {fault}"))))
}

fn holds_expression(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("${{"),
        Value::Array(list) => list.iter().any(holds_expression),
        Value::Object(members) => members.values().any(holds_expression),
        _ => false,
    }
}

fn set(document: &mut Value, slot: &TemplateSlot, value: &Value) {
    let Some(first) = slot.sets.first() else {
        document["inputs"][&slot.name]["default"] = value.clone();
        return;
    };
    let Some(old) = slot.default.clone().or_else(|| place::at(document, first).cloned()) else {
        // The zone of the workflow is the one place that need not be there.
        document[first.as_str()] = value.clone();
        return;
    };
    for there in &slot.sets {
        if let Some(there) = place::at_mut(document, there) {
            place::put(there, &old, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates;
    use sayflow_protocol::api::template::TemplateOrigin;
    use serde_json::json;

    const TEXT: &str = r##"
name: down
description: Tell when a page is down.
tags: [operations]
examples: [tell me when it is down]
slots:
  - { name: url, description: The page., required: true, sets: [steps.check.with.url, steps.tell.with.text] }
  - { name: channel, description: The channel., sets: [steps.tell.with.channel] }
  - { name: tries, description: How often it is tried. }
workflow:
  name: down
  triggers: [{ type: schedule, every: 5m }]
  inputs:
    tries: { type: integer, default: 3 }
  steps:
    - id: check
      uses: http.request
      with: { url: "https://shop.example/health" }
    - id: tell
      uses: slack.send_message
      with: { channel: "#ops", text: "https://shop.example/health is down after ${{ inputs.tries }}" }
"##;

    fn filled(values: Value) -> Result<Value, FillError> {
        let template = templates::read("down", TEXT, TemplateOrigin::Own).unwrap();
        let values = serde_json::from_value(values).unwrap();
        fill(&template, &values, "Europe/Berlin").map(|workflow| serde_json::to_value(workflow).unwrap())
    }

    #[test]
    fn values_stand_in_the_document_where_the_slots_say() {
        let workflow = filled(json!({ "url": "http://a.example/", "tries": "7", "every": "1h" })).unwrap();
        assert_eq!(workflow["steps"][0]["with"]["url"], "http://a.example/");
        assert_eq!(
            workflow["steps"][1]["with"],
            json!({ "channel": "#ops", "text": "http://a.example/ is down after ${{ inputs.tries }}" })
        );
        assert_eq!(workflow["inputs"]["tries"]["default"], 7);
        assert_eq!(workflow["triggers"][0]["every"], "1h");
        assert_eq!(workflow["timezone"], "Europe/Berlin");
    }

    #[test]
    fn what_does_not_fit_is_named_with_the_way_out() {
        let said = |values: Value| filled(values).unwrap_err().to_string();
        assert_eq!(said(json!({})), "a slot has no value yet: url (The page)");
        assert!(said(json!({ "url": "x", "chanel": "#a" })).contains("no slot \"chanel\"; did you mean \"channel\"?"));
        assert!(said(json!({ "url": "x", "zzz": "#a" })).contains("the template has: url, channel, tries, every, timezone"));
        assert!(said(json!({ "url": "x", "tries": "many" })).contains("the slot \"tries\" does not take this"));
        assert!(said(json!({ "url": "${{ trigger.payload }}" })).contains("plain value"));
        assert!(said(json!({ "url": "x", "every": "soon" })).contains("every"));
    }
}
