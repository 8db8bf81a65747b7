//! Reads a template file and holds it to its promises.

use super::file::{SlotEntry, TemplateFile};
use super::{Template, place, schedule};
use sayflow_engine::document::{Document, Format};
use sayflow_protocol::api::template::{TemplateInfo, TemplateOrigin, TemplateSlot};
use sayflow_protocol::{Diagnostic, Workflow};
use serde_json::{Value, json};

/// Why a file is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template {file}: {message}")]
pub struct TemplateError {
    /// The file's or the template's name.
    pub file: String,
    /// What is wrong, and how to mend it.
    pub message: String,
}

/// Reads a template file of the folder `templates/`.
///
/// # Errors
/// Those of [`read`], and when its name is not that of the file.
pub fn parse(file: &str, text: &str) -> Result<Template, TemplateError> {
    let template = read(file, text, TemplateOrigin::BuiltIn)?;
    let (stem, name) = (file.trim_end_matches(".yaml"), &template.info.name);
    if name != stem {
        let message = format!("its name is \"{name}\"; name it \"{stem}\" as the file, or rename the file");
        return Err(TemplateError { file: file.to_owned(), message });
    }
    Ok(template)
}

/// Reads a template from text, in YAML or JSON. `file` is what errors call it.
///
/// # Errors
/// When the text is no YAML of the right shape, when its name is not that of its workflow, when it has no example, or
/// when a slot is neither an input nor sets places that hold one value.
pub fn read(file: &str, text: &str, origin: TemplateOrigin) -> Result<Template, TemplateError> {
    let refuse = |message: String| TemplateError { file: file.to_owned(), message };
    // The reader of workflows: what is a text there is a text here.
    let document = Document::parse(text, Format::Yaml).map_err(|findings| refuse(told(&findings)))?;
    let read: TemplateFile = serde_json::from_value(document.value).map_err(|why| refuse(why.to_string()))?;
    build(read, origin).map_err(refuse)
}

fn told(findings: &[Diagnostic]) -> String {
    findings.first().map_or_else(
        || "it cannot be read".to_owned(),
        |finding| {
            let line = finding.span.as_ref().map(|span| format!("line {}: ", span.line)).unwrap_or_default();
            format!("{line}{}", finding.message)
        },
    )
}

/// The template of a file.
pub(super) fn build(read: TemplateFile, origin: TemplateOrigin) -> Result<Template, String> {
    judge(&read)?;
    let document = serde_json::to_value(&read.workflow).map_err(|why| why.to_string())?;
    let mut slots = read.slots.into_iter().map(|slot| slot_of(slot, &read.workflow, &document)).collect::<Result<Vec<_>, _>>()?;
    if let Some(name) = read.workflow.inputs.keys().find(|name| !slots.iter().any(|slot| slot.name == **name)) {
        return Err(format!("the input \"{name}\" has no slot; add one with a description"));
    }
    for implied in schedule::implied(&read.workflow) {
        if !slots.iter().any(|slot| slot.name == implied.name || slot.sets == implied.sets) {
            slots.push(implied);
        }
    }
    let (name, description, tags, examples) = (read.name, read.description, read.tags, read.examples);
    let info = TemplateInfo { name, description, tags, examples, slots, origin };
    Ok(Template { info, workflow: read.workflow, payload: read.payload })
}

fn judge(read: &TemplateFile) -> Result<(), String> {
    if read.workflow.name != read.name {
        return Err(format!("its workflow is called \"{}\"; call it \"{}\" as the template", read.workflow.name, read.name));
    }
    for (key, empty) in
        [("description", read.description.trim().is_empty()), ("tags", read.tags.is_empty()), ("examples", read.examples.is_empty())]
    {
        if empty {
            return Err(format!("`{key}` is empty; without it nobody finds the template"));
        }
    }
    let twice = read.slots.iter().enumerate().find(|(at, slot)| read.slots[..*at].iter().any(|other| other.name == slot.name));
    twice.map_or(Ok(()), |(_, slot)| Err(format!("there are two slots called \"{}\"", slot.name)))
}

fn slot_of(entry: SlotEntry, workflow: &Workflow, document: &Value) -> Result<TemplateSlot, String> {
    if entry.sets.is_empty() { input_slot(entry, workflow) } else { place_slot(entry, workflow, document) }
}

fn input_slot(entry: SlotEntry, workflow: &Workflow) -> Result<TemplateSlot, String> {
    let SlotEntry { name, description, default, .. } = entry;
    let Some(input) = workflow.inputs.get(&name) else {
        return Err(format!(
            "the slot \"{name}\" is no input of the workflow; add it to `inputs`, or say with `sets` which places it fills"
        ));
    };
    let known = input.get("default");
    if default.is_some() && default.as_ref() != known {
        return Err(format!("the slot \"{name}\" and the input of that name have different defaults; write the same in both"));
    }
    Ok(TemplateSlot { name, description, default: known.cloned(), required: known.is_none(), schema: input.clone(), sets: Vec::new() })
}

fn place_slot(entry: SlotEntry, workflow: &Workflow, document: &Value) -> Result<TemplateSlot, String> {
    let SlotEntry { name, description, default, required, sets } = entry;
    if workflow.inputs.contains_key(&name) {
        return Err(format!("\"{name}\" is an input, which a slot of that name fills; leave `sets` out, or rename the slot"));
    }
    let first = sets.first().map(String::as_str).unwrap_or_default();
    let Some(value) = default.as_ref().or(place::at(document, first)) else { return Err(nowhere(&name, first)) };
    if value.as_str().is_some_and(|text| text.contains("${{")) {
        return Err(format!(
            "the slot \"{name}\" sets {first}, where an expression stands; say with `default` which part of the text it is"
        ));
    }
    for there in &sets {
        let Some(found) = place::at(document, there) else { return Err(nowhere(&name, there)) };
        // Any other value shows whether this one stands there.
        if !place::put(&mut found.clone(), value, &Value::from("x")) {
            return Err(format!("the slot \"{name}\" sets {there}, but {value} does not stand there"));
        }
    }
    let schema = json!({ "type": kind(value) });
    Ok(TemplateSlot { name, description, default: (!required).then(|| value.clone()), required, schema, sets })
}

fn nowhere(slot: &str, place: &str) -> String {
    format!("the slot \"{slot}\" sets {place}, which is not in the workflow; write it as steps.STEP.with.PARAMETER")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r##"
name: tell
description: Tell somebody.
tags: [chat]
examples: [tell the team]
slots:
  - { name: word, description: The word, default: hello }
  - { name: channel, description: The channel, sets: [steps.tell.with.channel, steps.tell.with.text] }
workflow:
  name: tell
  triggers: [{ type: schedule, cron: "0 9 * * *" }]
  inputs:
    word: { type: string, default: hello }
  steps:
    - id: tell
      uses: slack.send_message
      with: { channel: "#ops", text: "${{ inputs.word }}, people of #ops" }
"##;

    fn message(text: &str) -> String {
        parse("tell.yaml", text).unwrap_err().to_string()
    }

    #[test]
    fn a_good_file_is_read() {
        let template = parse("tell.yaml", GOOD).unwrap();
        let slots: Vec<(&str, Option<Value>)> = template.info.slots.iter().map(|slot| (slot.name.as_str(), slot.default.clone())).collect();
        let wanted =
            [("word", Some(json!("hello"))), ("channel", Some(json!("#ops"))), ("cron", Some(json!("0 9 * * *"))), ("timezone", None)];
        assert_eq!(slots, wanted);
        assert_eq!(template.workflow.steps[0].id, "tell");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, wanted) in [
            ("name: tell\ndescription", "name: say\ndescription", "its workflow is called \"tell\""),
            ("examples: [tell the team]", "examples: []", "`examples` is empty"),
            ("{ name: word,", "{ name: wrod,", "the slot \"wrod\" is no input"),
            ("The word, default: hello", "The word, default: hallo", "different defaults"),
            ("  - { name: word, description: The word, default: hello }\n", "", "the input \"word\" has no slot"),
            ("name: channel", "name: word", "two slots called \"word\""),
            ("[steps.tell.with.channel,", "[steps.tell.with.chanel,", "sets steps.tell.with.chanel, which is not in the workflow"),
            ("[steps.tell.with.channel, ", "[", "where an expression stands"),
            ("people of #ops", "people", "\"#ops\" does not stand there"),
            ("tags: [chat]", "tagz: [chat]", "tagz"),
        ] {
            let broken = GOOD.replacen(from, to, 1);
            assert_ne!(broken, GOOD, "{from}");
            assert!(message(&broken).contains(wanted), "{}", message(&broken));
        }
        assert!(parse("say.yaml", GOOD).unwrap_err().to_string().contains("its name is \"tell\""));
    }
}
