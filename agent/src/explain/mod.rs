//! Why a run failed, waits or was stopped: from its view and its journal, in plain words, with what was and was not done
//! and, where a rule knows one, the change that mends it.
//!
//! Everything here is pure; the host hands in what is known.

mod answered;
mod done;
mod failure;
mod fix;
mod situation;
mod status;
mod unreadable;

pub(crate) use fix::command as account_command;
pub use unreadable::with_expressions_quoted;

use crate::edit;
use sayflow_engine::action::Catalogue;
use sayflow_prompts::{self as prompts, ExplanationArgs};
use sayflow_protocol::api::Operation;
use sayflow_protocol::{RecordedEvent, RunStatus, RunView, Workflow};

/// What is known besides the run.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The actions that there are.
    pub catalogue: &'a Catalogue,
    /// The run's journal; may be empty, which says less.
    pub journal: &'a [RecordedEvent],
    /// Paths of the files in the workspace folder.
    pub files: &'a [String],
    /// The accounts that there are: name and type.
    pub credentials: &'a [(String, String)],
    /// IANA name of the zone in which times are said.
    pub zone: &'a str,
}

/// Why a run stands where it stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Explanation {
    /// In Markdown: what, where and why, what was done before, what to do.
    pub text: String,
    /// The change of the workflow that would mend it; it can be applied to the workflow.
    pub fix: Option<Vec<Operation>>,
    /// The same change in words, a sentence each.
    pub fix_words: Vec<String>,
    /// What can be typed, such as the command that sets an account.
    pub commands: Vec<String>,
    /// What it is concluded from.
    pub evidence: Vec<String>,
}

/// Explains a run of a workflow, whatever its status. `workflow` is the version that it ran.
pub fn run(workflow: &Workflow, run: &RunView, known: &Known<'_>) -> Explanation {
    let told = match run.status {
        RunStatus::Failed => failure::tell(workflow, run, known),
        _ => status::tell(workflow, run, known),
    };
    told.finish(workflow)
}

/// An explanation on its way.
#[derive(Default)]
struct Told {
    arguments: ExplanationArgs,
    fix: Option<fix::Fix>,
    evidence: Vec<String>,
}

impl Told {
    fn finish(self, workflow: &Workflow) -> Explanation {
        let Self { mut arguments, fix, mut evidence } = self;
        // A change that cannot be carried out, or that changes nothing, is no help.
        let fix = fix.filter(|fix| edit::apply(workflow, &fix.operations).is_ok_and(|changed| changed != *workflow));
        if let Some(fix) = &fix {
            arguments.fix = edit::in_words(workflow, &fix.operations);
            arguments.findings.push(fix.because.clone());
            evidence.push(fix.because.clone());
        }
        arguments.commands.dedup();
        Explanation {
            text: prompts::explanation(&arguments),
            fix_words: arguments.fix,
            commands: arguments.commands,
            fix: fix.map(|fix| fix.operations),
            evidence,
        }
    }
}
