//! What the entries of the index are and which of their words are searched.

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

/// The words of an action. Its id and title stand twice because they name it best.
pub fn action_text(spec: &ActionSpec) -> String {
    let id = spec.id.replace(['.', '_'], " ");
    let (title, summary) = (&spec.title, &spec.summary);
    format!("{id}\n{title}\n{title}\n{summary}\n{}\n{}", spec.utterances.join("\n"), spec.keywords.join(" "))
}

/// The words of a template.
pub fn template_text(template: &TemplateInfo) -> String {
    let name = template.name.replace('-', " ");
    format!("{name}\n{}\n{}\n{}", template.description, template.examples.join("\n"), template.tags.join(" "))
}

/// The words of a saved workflow: what its author called it and its parts.
pub fn workflow_text(workflow: &Workflow) -> String {
    let name = workflow.name.replace('-', " ");
    let steps: Vec<String> =
        workflow.steps.iter().map(|step| step.name.clone().unwrap_or_else(|| step.id.replace(['-', '_'], " "))).collect();
    format!("{name}\n{name}\n{}\n{}\n{}", workflow.description.as_deref().unwrap_or_default(), steps.join("\n"), workflow.tags.join(" "))
}
