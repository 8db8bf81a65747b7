//! A workflow as a page for people.

use crate::render::render;
use minijinja::value::Serde;
use serde::Serialize;

/// For [`document`]. Lists may be empty; their parts are left out then.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DocumentArgs {
    /// The workflow's name.
    pub name: String,
    /// What it does, without a full stop.
    pub description: Option<String>,
    /// What starts it, each as `every weekday at 09:00 (Europe/Berlin)`.
    pub starts: Vec<String>,
    /// The next times.
    pub next: Vec<String>,
    /// What has to be given at each start.
    pub inputs: Vec<String>,
    /// What it does, groups before their inner steps.
    pub steps: Vec<DocumentStep>,
    /// What it does when a run failed.
    pub on_failure: Vec<DocumentStep>,
    /// What it hands back.
    pub outputs: Vec<String>,
    /// Where it reads.
    pub reads: Vec<String>,
    /// Where it writes to.
    pub writes: Vec<String>,
    /// The accounts that it uses.
    pub accounts: Vec<String>,
    /// How many runs may be in progress at once.
    pub at_once: Option<u32>,
    /// How long a run may take.
    pub timeout: Option<String>,
    /// Whether it starts without anybody asking for it.
    pub unattended: bool,
}

/// One step.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DocumentStep {
    /// Spaces in front, deeper inside a group.
    pub indent: String,
    /// Its number in its list, from 1.
    pub number: usize,
    /// Its id.
    pub id: String,
    /// What it does, in a few words; empty for a group.
    pub does: String,
    /// What its action does, without a full stop.
    pub summary: Option<String>,
    /// Texts that matter.
    pub details: Vec<DocumentDetail>,
    /// Whether it waits for none of the steps above.
    pub side_by_side: bool,
    /// The steps that it waits for, where they are not just the one above.
    pub after: Vec<String>,
    /// Its condition.
    pub condition: Option<String>,
    /// The step whose condition must not hold.
    pub else_of: Option<String>,
    /// `any_succeeded`, `all_done` or `any_failed`.
    pub when: Option<String>,
    /// The list that it goes through.
    pub for_each: Option<String>,
    /// How many items at once.
    pub at_once: Option<u32>,
    /// Until what it is repeated.
    pub until: Option<String>,
    /// The pause between repetitions.
    pub every: Option<String>,
    /// The most repetitions.
    pub most: Option<u32>,
    /// Attempts in all, where it is tried again.
    pub attempts: Option<u32>,
    /// How long an attempt may take.
    pub timeout: Option<String>,
    /// Whether the run goes on when it fails.
    pub goes_on: bool,
    /// The account that it names.
    pub account: Option<String>,
}

/// A text of a step, such as that of a message.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DocumentDetail {
    /// What it is.
    pub name: String,
    /// The text, with names in the place of expressions.
    pub text: String,
}

/// A workflow as a page for people.
pub fn document(arguments: &DocumentArgs) -> String {
    let text = render("document", Serde(arguments));
    // Optional parts leave empty lines behind; one parts paragraphs.
    let mut page = String::with_capacity(text.len());
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && (page.ends_with("\n\n") || page.is_empty())) {
            page.push_str(line);
            page.push('\n');
        }
    }
    page.trim_end().to_owned()
}
