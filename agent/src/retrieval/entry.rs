//! What the entries of the index are and which of their words are searched.

use super::sparse::Field;
use sayflow_engine::action::ActionSpec;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::template::TemplateInfo;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// An action of the catalogue.
    Action,
    /// A template.
    Template,
    /// A workflow that a person saved.
    Workflow,
}

impl EntryKind {
    /// The entry's id in the index: names are unique within a kind only.
    pub fn id(self, name: &str) -> String {
        match self {
            Self::Action => format!("action:{name}"),
            Self::Template => format!("template:{name}"),
            Self::Workflow => format!("workflow:{name}"),
        }
    }

    /// The name that [`Self::id`] was made from.
    pub fn name_of(id: &str) -> &str {
        id.split_once(':').map_or(id, |(_, name)| name)
    }
}

/// How often a word counts that stands in a name or a title.
const NAME: f32 = 2.0;
/// How often a word counts that stands in a description or an example.
const TEXT: f32 = 1.0;
/// How often a word counts that somebody listed so that the entry is found by it.
const KEYWORD: f32 = 1.5;

/// The words of an action.
pub fn action_fields(spec: &ActionSpec) -> Vec<Field> {
    vec![
        field(spec.id.replace(['.', '_'], " "), NAME),
        field(spec.title.clone(), NAME),
        field(spec.summary.clone(), TEXT),
        field(spec.utterances.join("\n"), TEXT),
        field(spec.keywords.join(" "), KEYWORD),
    ]
}

/// The words of a template.
pub fn template_fields(template: &TemplateInfo) -> Vec<Field> {
    vec![
        field(template.name.replace('-', " "), NAME),
        field(template.description.clone(), TEXT),
        field(template.examples.join("\n"), TEXT),
        field(template.tags.join(" "), KEYWORD),
    ]
}

/// The words of a saved workflow: what its author called it and its parts.
pub fn workflow_fields(workflow: &Workflow) -> Vec<Field> {
    let steps: Vec<String> =
        workflow.steps.iter().map(|step| step.name.clone().unwrap_or_else(|| step.id.replace(['-', '_'], " "))).collect();
    vec![
        field(workflow.name.replace('-', " "), NAME),
        field(workflow.description.clone().unwrap_or_default(), TEXT),
        field(steps.join("\n"), TEXT),
        field(workflow.tags.join(" "), KEYWORD),
    ]
}

/// The fields as one text, for embedders that read sentences.
pub(super) fn plain(fields: &[Field]) -> String {
    fields.iter().map(|field| field.text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

fn field(text: String, weight: f32) -> Field {
    Field { text, weight }
}
