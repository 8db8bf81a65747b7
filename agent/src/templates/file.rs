//! The form of a template file.

use super::{Template, place};
use sayflow_engine::document;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::template::TemplateSlot;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A template as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateFile {
    pub name: String,
    pub description: String,
    pub tags: Vec<String>,
    pub examples: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<SlotEntry>,
    /// What a trigger could bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    pub workflow: Workflow,
}

/// A slot: an input of the workflow, or places in it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlotEntry {
    pub name: String,
    pub description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What stands in the document is only an example.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<String>,
}

impl TemplateFile {
    /// The file that a template would be read from.
    pub(super) fn of(template: &Template) -> Self {
        let info = &template.info;
        let document = serde_json::to_value(&template.workflow).unwrap_or_default();
        let stands_there = |slot: &TemplateSlot| slot.sets.first().is_none_or(|first| place::at(&document, first) == slot.default.as_ref());
        let slots = info.slots.iter().filter(|slot| !super::schedule::is_implied(slot, &template.workflow)).map(|slot| SlotEntry {
            name: slot.name.clone(),
            description: slot.description.clone(),
            default: slot.default.clone().filter(|_| !stands_there(slot)),
            required: slot.required && !slot.sets.is_empty(),
            sets: slot.sets.clone(),
        });
        Self {
            name: info.name.clone(),
            description: info.description.clone(),
            tags: info.tags.clone(),
            examples: info.examples.clone(),
            slots: slots.collect(),
            payload: template.payload.clone(),
            workflow: template.workflow.clone(),
        }
    }

    /// Its text, in YAML.
    pub(super) fn to_text(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        document::emit_yaml(&value)
    }
}
