//! Where a workflow reads from and writes to, computed from its plan. A person approves it; the engine refuses
//! what lies outside.

use crate::action::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of place a destination is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// A host and port that is spoken to over HTTP.
    Host,
    /// A chat channel.
    Channel,
    /// A person's address.
    Recipient,
    /// A file or folder in the workspace folder.
    File,
    /// A database.
    Database,
    /// Anything else of an outside service.
    Resource,
    /// Another workflow that is run; what it does stands in its own footprint.
    Workflow,
    /// A language model that data are given to: a name or a role of the settings, or `default`.
    Model,
}

/// A place, fixed in the document or known only from data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Destination {
    /// Written in the document.
    Fixed(String),
    /// It comes from data; values outside the patterns pause the run for approval.
    Dynamic {
        /// The expression it comes from.
        dynamic: String,
        /// Patterns that a person approved.
        #[serde(default)]
        allow: Vec<String>,
        /// The most different values in one run.
        #[serde(default)]
        max: Option<u32>,
    },
}

/// One line of a footprint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct FootprintEntry {
    /// `read` or `write`.
    pub effect: Effect,
    /// What kind of place.
    pub kind: DestinationKind,
    /// The place: a text such as `hooks.example:443`, `#news` or `out/report.csv`, or where it comes from.
    pub destination: Destination,
    /// The service, where the kind alone does not tell: `slack`, `telegram`, `smtp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The steps that go there.
    pub steps: Vec<String>,
    /// Whether the place is known only from data.
    pub dynamic: bool,
}

impl FootprintEntry {
    /// What it does there, such as `write to #news (slack)`.
    pub fn in_words(&self) -> String {
        let does = match (self.kind, self.effect) {
            (DestinationKind::Workflow, _) => "run the workflow",
            (DestinationKind::Model, _) => "give data to the language model",
            (_, Effect::Write) => "write to",
            _ => "read",
        };
        let place = match &self.destination {
            Destination::Fixed(place) => place.clone(),
            Destination::Dynamic { dynamic, allow, max } => format!("places that come from data ({dynamic}{})", bounds(allow, *max)),
        };
        match &self.service {
            Some(service) => format!("{does} {place} ({service})"),
            None => format!("{does} {place}"),
        }
    }
}

fn bounds(allow: &[String], max: Option<u32>) -> String {
    let within = if allow.is_empty() { String::new() } else { format!(", within {}", allow.join(", ")) };
    let most = max.map(|max| format!(", at most {max}")).unwrap_or_default();
    format!("{within}{most}")
}

/// All lines, writes first, then by kind and place.
pub type Footprint = Vec<FootprintEntry>;
