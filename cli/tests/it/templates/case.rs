//! The fields of a case: what is there, what is set, and what must come of it.
//!
//! In any text of a case stand for: `{http}` the address of its HTTP service; `{day:-3}` the date three days ago, in UTC;
//! `{time:-90}` the moment ninety minutes ago; `{month:-1}` last month as `2026-10`; `{year:-30}` a year; `{md}` today as
//! `11-20`. What came of a run is told with the same words.

use super::told::Words;
use crate::support::fake_http::Routes;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The case of one template.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Values for slots, in every run.
    #[serde(default)]
    pub set: IndexMap<String, Value>,
    /// Why there is no run with nothing to do.
    #[serde(default)]
    pub always: Option<String>,
    /// The runs.
    pub runs: Vec<Run>,
}

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// What is special about it; `nothing to do` where nothing may be sent.
    pub name: String,
    /// More values for slots.
    #[serde(default)]
    pub set: IndexMap<String, Value>,
    /// Files in the workspace folder, by path.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Those of them that were last changed a hundred days ago.
    #[serde(default)]
    pub old: Vec<String>,
    /// SQLite files in the workspace folder: path → the SQL that makes them.
    #[serde(default)]
    pub databases: BTreeMap<String, String>,
    /// Answers of the HTTP service, by path.
    #[serde(default)]
    pub http: Routes,
    /// What the language model says, one text a call.
    #[serde(default)]
    pub model: Vec<String>,
    /// Other workflows, active.
    #[serde(default)]
    pub workflows: Vec<Value>,
    /// What the trigger brings; the template's example when left out.
    #[serde(default)]
    pub payload: Option<Value>,
    /// What people say when they are asked.
    #[serde(default = "yes")]
    pub approve: bool,
    /// How it ends and all that was written, sorted.
    #[serde(default)]
    pub effects: Vec<String>,
}

fn yes() -> bool {
    true
}

impl Case {
    /// The case in a file, if there is one. The test fails when it cannot be read.
    pub fn read(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        Some(serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display())))
    }
}

impl Run {
    /// Whether it is one with nothing to do, and does nothing that others notice.
    pub fn is_quiet(&self) -> bool {
        let noticed = |line: &String| ["slack ", "telegram ", "mail ", "POST "].iter().any(|kind| line.starts_with(kind));
        self.name == "nothing to do" && self.effects.first().is_some_and(|end| end == "succeeded") && !self.effects.iter().any(noticed)
    }

    /// The run with what its words stand for.
    pub fn with(&self, words: &Words) -> Self {
        words.filled(self)
    }
}
