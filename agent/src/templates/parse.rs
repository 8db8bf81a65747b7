//! Reads a template file and holds it to its promises.

use super::Template;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::template::{TemplateInfo, TemplateSlot};
use serde::Deserialize;

/// Why a file is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template {file}: {message}")]
pub struct TemplateError {
    /// The file's name.
    pub file: String,
    /// What is wrong, and how to mend it.
    pub message: String,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateFile {
    name: String,
    description: String,
    tags: Vec<String>,
    examples: Vec<String>,
    #[serde(default)]
    slots: Vec<SlotEntry>,
    workflow: Workflow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SlotEntry {
    name: String,
    description: String,
    #[serde(default)]
    default: Option<serde_json::Value>,
}

/// Reads one template.
///
/// # Errors
/// When the text is no YAML of the right shape, when its name is not that of the file and of its workflow, when it
/// has no example, or when slots and workflow inputs do not match one to one.
pub fn parse(file: &str, text: &str) -> Result<Template, TemplateError> {
    let refuse = |message: String| TemplateError { file: file.to_owned(), message };
    let read: TemplateFile = serde_saphyr::from_str(text).map_err(|why| refuse(why.to_string()))?;
    judge(file, &read).map_err(refuse)?;
    let slots = read.slots.into_iter().map(|slot| TemplateSlot { name: slot.name, description: slot.description, default: slot.default });
    let info =
        TemplateInfo { name: read.name, description: read.description, tags: read.tags, examples: read.examples, slots: slots.collect() };
    Ok(Template { info, workflow: read.workflow })
}

fn judge(file: &str, read: &TemplateFile) -> Result<(), String> {
    let stem = file.trim_end_matches(".yaml");
    if read.name != stem {
        return Err(format!("its name is \"{}\"; name it \"{stem}\" as the file, or rename the file", read.name));
    }
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
    judge_slots(read)
}

fn judge_slots(read: &TemplateFile) -> Result<(), String> {
    for slot in &read.slots {
        let Some(input) = read.workflow.inputs.get(&slot.name) else {
            return Err(format!("the slot \"{}\" is no input of the workflow; add it to `inputs`", slot.name));
        };
        if input.get("default") != slot.default.as_ref() {
            return Err(format!("the slot \"{}\" and the input of that name have different defaults; write the same in both", slot.name));
        }
    }
    match read.workflow.inputs.keys().find(|name| !read.slots.iter().any(|slot| slot.name == **name)) {
        Some(name) => Err(format!("the input \"{name}\" has no slot; add one with a description")),
        None => Ok(()),
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
  - { name: channel, description: The channel, default: "#ops" }
workflow:
  name: tell
  inputs:
    channel: { type: string, default: "#ops" }
  steps:
    - id: tell
      uses: slack.send_message
      with: { channel: "${{ inputs.channel }}", text: hello }
"##;

    fn message(text: &str) -> String {
        parse("tell.yaml", text).unwrap_err().to_string()
    }

    #[test]
    fn a_good_file_is_read() {
        let template = parse("tell.yaml", GOOD).unwrap();
        assert_eq!(template.info.slots[0].name, "channel");
        assert_eq!(template.workflow.steps[0].id, "tell");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, wanted) in [
            ("name: tell\ndescription", "name: say\ndescription", "its name is \"say\""),
            ("  name: tell\n  inputs", "  name: say\n  inputs", "its workflow is called \"say\""),
            ("examples: [tell the team]", "examples: []", "`examples` is empty"),
            ("{ name: channel,", "{ name: chanel,", "the slot \"chanel\" is no input"),
            ("The channel, default: \"#ops\"", "The channel", "different defaults"),
            ("slots:\n  - { name: channel, description: The channel, default: \"#ops\" }\n", "", "the input \"channel\" has no slot"),
            ("tags: [chat]", "tagz: [chat]", "tagz"),
        ] {
            let broken = GOOD.replacen(from, to, 1);
            assert_ne!(broken, GOOD, "{from}");
            assert!(message(&broken).contains(wanted), "{}", message(&broken));
        }
    }
}
