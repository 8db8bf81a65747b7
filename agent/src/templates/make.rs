//! Makes a template of a workflow: its inputs become slots, and values that stand in it where somebody says so.

use super::file::{SlotEntry, TemplateFile};
use super::{Template, TemplateError, parse};
use indexmap::IndexMap;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::template::TemplateOrigin;
use serde_json::Value;

/// The tag of a template that has no other.
const OWN_TAG: &str = "own";

/// What is said of a new template. What is left out comes from the workflow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Making {
    /// Its name, and the name of its workflow.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Requests that it answers.
    pub examples: Vec<String>,
    /// What belongs into a slot, by its name.
    pub slots: IndexMap<String, String>,
    /// Slots to make: by name, the places that hold the value.
    pub make_slots: IndexMap<String, Vec<String>>,
}

/// The template of a workflow.
///
/// # Errors
/// When it has no description, when a slot that is described is none, or when a place is not in the workflow.
pub fn make(workflow: Workflow, making: Making) -> Result<Template, TemplateError> {
    let Making { name, description, tags, examples, slots, make_slots } = making;
    let refuse = |message: String| TemplateError { file: name.clone(), message };
    let description = description.or_else(|| workflow.description.clone()).unwrap_or_default();
    if description.trim().is_empty() {
        return Err(refuse("nobody knows what it does: give the workflow or the template a description".to_owned()));
    }
    let is_slot = |slot: &String| workflow.inputs.contains_key(slot) || make_slots.contains_key(slot);
    if let Some(unknown) = slots.keys().find(|slot| !is_slot(slot)) {
        let known: Vec<&str> = workflow.inputs.keys().chain(make_slots.keys()).map(String::as_str).collect();
        let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has: {}", known.join(", ")) };
        return Err(refuse(format!("there is no slot \"{unknown}\" to describe; {known}")));
    }
    let described = |slot: &str, usual: String| slots.get(slot).cloned().unwrap_or(usual);
    let inputs = workflow.inputs.iter().map(|(input, schema)| SlotEntry {
        name: input.clone(),
        description: described(input, schema.get("description").and_then(Value::as_str).unwrap_or("An input of the workflow.").to_owned()),
        ..SlotEntry::default()
    });
    let made = make_slots.iter().map(|(slot, sets)| SlotEntry {
        name: slot.clone(),
        description: described(slot, format!("What stands at {}.", sets.join(" and "))),
        sets: sets.clone(),
        ..SlotEntry::default()
    });
    let or = |given: Vec<String>, usual: Vec<String>| if given.is_empty() { usual } else { given };
    let file = TemplateFile {
        name: name.clone(),
        tags: or(tags, or(workflow.tags.clone(), vec![OWN_TAG.to_owned()])),
        examples: or(examples, vec![description.clone()]),
        description,
        slots: inputs.chain(made).collect(),
        payload: None,
        workflow: Workflow { name: name.clone(), ..workflow },
    };
    parse::build(file, TemplateOrigin::Own).map_err(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates;
    use serde_json::json;

    fn workflow() -> Workflow {
        serde_json::from_value(json!({
            "name": "news",
            "description": "Post the news.",
            "inputs": { "keyword": { "type": "string", "default": "Rust", "description": "The word." } },
            "steps": [{ "id": "post", "uses": "slack.send_message", "with": { "channel": "#news", "text": "${{ inputs.keyword }}" } }],
        }))
        .unwrap()
    }

    fn making() -> Making {
        let make_slots = IndexMap::from([("channel".to_owned(), vec!["steps.post.with.channel".to_owned()])]);
        Making { name: "our-news".to_owned(), make_slots, ..Making::default() }
    }

    #[test]
    fn inputs_and_named_values_become_slots() {
        let template = make(workflow(), making()).unwrap();
        let slots: Vec<(&str, &str)> = template.info.slots.iter().map(|slot| (slot.name.as_str(), slot.description.as_str())).collect();
        assert_eq!(slots, [("keyword", "The word."), ("channel", "What stands at steps.post.with.channel.")]);
        assert_eq!((template.info.origin, template.workflow.name.as_str()), (TemplateOrigin::Own, "our-news"));
        assert_eq!(template.info.examples, ["Post the news."]);
    }

    #[test]
    fn it_reads_back_the_same_from_its_file() {
        let template = make(workflow(), making()).unwrap();
        let text = templates::to_yaml(&template);
        assert_eq!(templates::read("our-news", &text, TemplateOrigin::Own).unwrap(), template, "{text}");
    }

    #[test]
    fn what_cannot_be_made_is_named() {
        let said = |change: &dyn Fn(&mut Making)| {
            let mut making = making();
            change(&mut making);
            make(workflow(), making).unwrap_err().to_string()
        };
        let nowhere = said(&|making| drop(making.make_slots.insert("x".into(), vec!["steps.post.with.chanel".into()])));
        assert!(nowhere.contains("sets steps.post.with.chanel, which is not in the workflow"), "{nowhere}");
        let unknown = said(&|making| drop(making.slots.insert("word".into(), "The word.".into())));
        assert!(unknown.contains("no slot \"word\" to describe; it has: keyword, channel"), "{unknown}");
        let unsaid = make(Workflow { description: None, ..workflow() }, making()).unwrap_err();
        assert!(unsaid.to_string().contains("give the workflow or the template a description"), "{unsaid}");
    }
}
