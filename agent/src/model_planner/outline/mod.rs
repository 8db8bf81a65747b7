//! The outline language: a workflow as a few lines that read like code. Models write it, people can read it, and
//! documents are shown in it as examples.
//!
//! ```text
//! workflow rust-news "Post Rust stories every weekday morning"
//! trigger schedule cron "0 9 * * 1-5" tz Europe/Berlin
//! stories = feed.read(url: "https://news.example/feed.xml")
//! matching = data.filter(items: stories.entries, where: item.title.includes("Rust"))
//! post = slack.send_message(channel: "#news", text: story.title) for each story in matching.items
//! ```
//!
//! Values are JavaScript expressions; a step's id stands for its output. [`parse()`] is forgiving about what stands around
//! the statements and strict about the statements themselves; each of its errors names the line.

mod change;
mod clean;
mod lines;
mod modifiers;
mod names;
mod parse;
mod render;
mod rewrite;
mod scan;
mod statements;
mod triggers;
mod values;

pub use change::{Change, Changes, Place, Target, parse_change};
pub use names::{Known, Names, Shape};
pub use parse::parse;
pub use render::{render, render_step};
pub use rewrite::{arrow_of_one, outline_names, step_path};
pub use values::{Part, Written, convert, fill_in, on_a_deep_stack, parts};

use indexmap::IndexMap;
use sayflow_protocol::Interval;
use sayflow_protocol::workflow::{Allowed, Limits, OnError, OnUnknown, Trigger, When};
use serde_json::Value;

/// The longest answer that is read, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// The most steps of an outline.
pub const MOST_STEPS: usize = 60;

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// The line in the answer, from 1; 0 when it is about the whole.
    pub line: usize,
    /// The line as it was written, shortened.
    pub text: String,
    /// What is wrong, and how to write it.
    pub message: String,
}

impl std::fmt::Display for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 { f.write_str(&self.message) } else { write!(f, "line {} ({}): {}", self.line, self.text, self.message) }
    }
}

/// A parsed outline.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outline {
    /// From the line `workflow`.
    pub name: Option<String>,
    /// From the line `workflow`.
    pub description: Option<String>,
    /// What starts it.
    pub triggers: Vec<Trigger>,
    /// Declared inputs as JSON Schema properties.
    pub inputs: IndexMap<String, Value>,
    /// The steps.
    pub steps: Vec<StepLine>,
    /// The steps after a failure.
    pub on_failure: Vec<StepLine>,
    /// What a run hands back: JavaScript by name.
    pub outputs: Vec<(String, String)>,
    /// The workflow's zone.
    pub timezone: Option<String>,
    /// How many runs at once.
    pub concurrency: Option<u32>,
    /// How long a run may take.
    pub timeout: Option<Interval>,
    /// What its runs may use up.
    pub limits: Option<Limits>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// What was taken for granted.
    pub notes: Vec<String>,
    /// What must be known first.
    pub questions: Vec<Asked>,
    /// Why it cannot be done.
    pub cannot: Option<String>,
    /// Requests that would work in its place.
    pub suggestions: Vec<String>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// Worded as an outcome.
    pub text: String,
    /// What it is about, such as `slack.send_message.channel`.
    pub about: String,
    /// Answers to choose from.
    pub choices: Vec<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepLine {
    /// The line in the answer, from 1.
    pub line: usize,
    /// The line as it was written.
    pub text: String,
    /// Its id.
    pub id: String,
    /// What it does.
    pub body: Body,
    /// How it is done.
    pub modifiers: Modifiers,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// An action with parameters.
    Call {
        /// The action's id.
        action: String,
        /// Parameters by name, in the order they were written.
        arguments: Vec<(String, Argument)>,
    },
    /// Steps that belong together.
    Group {
        /// The steps.
        steps: Vec<StepLine>,
        /// What the group shows: JavaScript by name.
        outputs: Vec<(String, String)>,
    },
}

impl Default for Body {
    fn default() -> Self {
        Self::Call { action: String::new(), arguments: Vec::new() }
    }
}

/// A parameter as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A JavaScript expression.
    Code(String),
    /// `later("what is wanted")`: it is filled in by a call of its own.
    Later(String),
}

/// What stands behind the parameters of a step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Modifiers {
    /// The name of the item and the list, as JavaScript.
    pub for_each: Option<(String, String)>,
    /// How many items at once.
    pub concurrency: Option<u32>,
    /// A condition, as JavaScript.
    pub condition: Option<String>,
    /// The step whose condition must have been false.
    pub else_of: Option<String>,
    /// Steps that must end first.
    pub after: Vec<String>,
    /// What must be true of those that it needs.
    pub when: Option<When>,
    /// Until when it is repeated, as JavaScript, the pause and the most times.
    pub repeat: Option<Repeated>,
    /// All attempts together, and the first pause.
    pub retry: Option<(u32, Option<Interval>)>,
    /// How long one attempt may take.
    pub timeout: Option<Interval>,
    /// What a failure does.
    pub on_error: Option<OnError>,
    /// What is done about an unknown outcome.
    pub on_unknown: Option<OnUnknown>,
    /// The account.
    pub account: Option<String>,
    /// What the destination recognises a repeat by, as JavaScript.
    pub key: Option<String>,
    /// A title for people.
    pub title: Option<String>,
    /// By parameter, the places that it may name when they come from data.
    pub allow: Vec<(String, Allowed)>,
}

/// `repeat until …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeated {
    /// A condition, as JavaScript.
    pub until: String,
    /// The pause between two.
    pub every: Option<Interval>,
    /// The most times.
    pub max: u32,
}

impl Outline {
    /// All steps with the path of groups they are in, in order: main steps, then those after a failure.
    pub fn walk(&self) -> Vec<&StepLine> {
        fn add<'a>(lines: &'a [StepLine], all: &mut Vec<&'a StepLine>) {
            for line in lines {
                all.push(line);
                if let Body::Group { steps, .. } = &line.body {
                    add(steps, all);
                }
            }
        }
        let mut all = Vec::new();
        add(&self.steps, &mut all);
        add(&self.on_failure, &mut all);
        all
    }
}

/// A text cut to so many characters, in one line.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most { line } else { line.chars().take(most.saturating_sub(1)).chain(['…']).collect() }
}
