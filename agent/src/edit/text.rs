//! Operations on a document's text: what they do not touch keeps its spelling and its comments, where the format has some.

mod flow;
mod regions;
mod yaml;

use super::EditError;
use super::apply::{apply_to_value, read};
use super::change::carry_out;
use sayflow_engine::document::{Document, Format, emit};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::Operation;
use serde_json::Value;

/// The text after the operations. YAML keeps the comments and the spelling of what no operation touches; JSON has no
/// comments, and TOML is written anew.
///
/// # Errors
/// As [`super::apply`].
pub fn apply_to_text(document: &Document, operations: &[Operation]) -> Result<String, EditError> {
    let last = operations.len();
    read(document.value.clone()).map_err(|why| why.numbered(0))?;
    let workflow = read(apply_to_value(&document.value, operations)?).map_err(|why| why.numbered(last))?;
    if operations.is_empty() {
        return Ok(document.text.clone());
    }
    if document.format != Format::Yaml {
        return Ok(emit(&workflow, document.format));
    }
    let mut at = document.clone();
    for (number, operation) in operations.iter().enumerate() {
        let mut value = at.value.clone();
        carry_out(&mut value, operation).map_err(|why| why.numbered(number + 1))?;
        let Some(next) = one_change(&at, &value, operation) else { return Ok(afresh(document, &workflow)) };
        at = next;
    }
    let arrived = serde_json::from_value::<Workflow>(at.value).is_ok_and(|found| found == workflow);
    Ok(if arrived { at.text } else { afresh(document, &workflow) })
}

fn one_change(at: &Document, value: &Value, operation: &Operation) -> Option<Document> {
    let renamed = match operation {
        Operation::Rename { step, to } => step.rsplit('/').next().map(|from| (from, to.as_str())),
        Operation::Replace { step, with } => {
            step.rsplit('/').next().zip(with.get("id").and_then(Value::as_str)).filter(|(from, to)| from != to)
        }
        _ => None,
    };
    let text = yaml::rewrite(at, value, renamed)?;
    Document::parse(&text, Format::Yaml).ok().filter(|next| next.value == *value)
}

/// The whole document written anew, below the comments at its head.
fn afresh(document: &Document, workflow: &Workflow) -> String {
    let head: String = document.text.split_inclusive('\n').take_while(|line| line.trim_start().starts_with('#')).collect();
    head + &emit(workflow, document.format)
}

#[cfg(test)]
mod tests;
