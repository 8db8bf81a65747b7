//! What a failing case tells the person who has to mend it: the request, what is wrong, and the workflow in brief.

use super::case::Case;
use super::stage::Effects;
use serde_json::Value;
use std::fmt;

/// A case that did not come out as wanted.
pub struct Failure {
    file: String,
    name: String,
    request: String,
    /// What is wrong.
    pub complaints: Vec<String>,
    reply: String,
    workflow: String,
    stderr: String,
}

impl Failure {
    /// Gathers what is worth knowing.
    pub fn new(file: String, case: &Case, effects: &Effects, complaints: Vec<String>) -> Self {
        Self {
            file,
            name: case.name.clone(),
            request: case.request.clone(),
            complaints,
            reply: effects.answer["reply"].as_str().unwrap_or_default().to_owned(),
            workflow: brief(&effects.answer["draft"]["workflow"]),
            stderr: effects.ended.stderr.clone(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}/{}", self.file, self.name)?;
        writeln!(f, "request: {}", self.request.trim())?;
        for complaint in &self.complaints {
            writeln!(f, "  wrong: {complaint}")?;
        }
        writeln!(f, "reply: {}", self.reply)?;
        if self.workflow.is_empty() { write!(f, "stderr: {}", self.stderr) } else { write!(f, "{}", self.workflow) }
    }
}

/// All failures, one after the other.
pub fn all(failures: &[Failure]) -> String {
    let texts: Vec<String> = failures.iter().map(Failure::to_string).collect();
    format!("{} failures\n\n{}", failures.len(), texts.join("\n"))
}

/// A workflow with one line a trigger and a step.
fn brief(workflow: &Value) -> String {
    let list = |name: &str| workflow[name].as_array().cloned().unwrap_or_default();
    let mut lines = String::new();
    for trigger in list("triggers") {
        lines.push_str(&format!("  on {trigger}\n"));
    }
    for name in ["steps", "on_failure"] {
        for step in list(name) {
            lines.push_str(&format!("  {name}: {step}\n"));
        }
    }
    lines
}
