//! The checks that every workflow passes before it may run: one file each. What they find has a stable code with a
//! page under `docs/diagnostics/`.

mod actions;
mod allow;
mod calls;
mod credentials;
mod cycles;
mod destinations;
mod expressions;
mod fields;
mod flow;
mod handed_over;
mod inputs;
mod limits;
mod names;
mod parameters;
mod references;
mod report;
mod roots;
mod schedules;
mod schemas;
mod shape;
mod survey;
mod taint;
mod triggers;

pub(crate) use handed_over::{HandedOver, handed_over, would_decide};

use crate::action::Catalogue;
use crate::document::Document;
use crate::footprint::footprint;
use jiff::Timestamp;
use report::Report;
use sayflow_protocol::{Diagnostic, Footprint, Workflow};
use serde_json::Value;
use survey::Survey;

/// What a document is checked against.
#[derive(Clone, Copy)]
pub struct CheckEnv<'a> {
    /// The actions that there are.
    pub catalogue: &'a Catalogue,
    /// The accounts that there are: name and type.
    pub credentials: &'a [(String, String)],
    /// The present moment.
    pub now: Timestamp,
    /// IANA name of the zone that counts where the document has none.
    pub timezone: &'a str,
}

/// What the checks found.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The workflow, when the document has the form of one. It may still have errors.
    pub workflow: Option<Workflow>,
    /// All findings, in the order of the document.
    pub diagnostics: Vec<Diagnostic>,
    /// Where it reads and writes; empty without a workflow.
    pub footprint: Footprint,
}

impl Checked {
    /// Whether nothing forbids activation.
    pub fn is_valid(&self) -> bool {
        self.workflow.is_some() && !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Checks a document; findings carry their places in the text.
pub fn check(document: &Document, env: &CheckEnv<'_>) -> Checked {
    run(&document.value, env, Some(document))
}

/// Checks a document that was never text.
pub fn check_value(value: &Value, env: &CheckEnv<'_>) -> Checked {
    run(value, env, None)
}

fn run(value: &Value, env: &CheckEnv<'_>, document: Option<&Document>) -> Checked {
    let mut report = Report::default();
    let mended = shape::check(value, &mut report);
    let broken = report.pointers();
    let whole = !report.has_findings();
    // What the shape check took out lets the others look at the rest: one round of findings instead of two.
    let workflow = match mended.map(serde_json::from_value::<Workflow>) {
        Some(Ok(workflow)) => Some(workflow),
        Some(Err(why)) if whole => {
            let help = "compare the document with: sayflow schema";
            report.error("E0110", "", format!("the document is not a workflow: {why}"), Some(help.to_owned()));
            None
        }
        _ => None,
    };
    let mut places = Vec::new();
    if let Some(workflow) = &workflow {
        let survey = Survey::new(workflow, env);
        check_workflow(&survey, &mut report);
        if !whole {
            report.forget_consequences(&broken);
        }
        places = footprint(workflow, env.catalogue);
    }
    Checked { workflow: workflow.filter(|_| whole), diagnostics: report.finish(document, value), footprint: places }
}

fn check_workflow(survey: &Survey<'_>, report: &mut Report) {
    names::check(survey, report);
    inputs::check(survey, report);
    triggers::check(survey, report);
    flow::check(survey, report);
    limits::check(survey, report);
    actions::check(survey, report);
    calls::check(survey, report);
    parameters::check(survey, report);
    credentials::check(survey, report);
    expressions::check(survey, report);
    roots::check(survey, report);
    references::check(survey, report);
    fields::check(survey, report);
    cycles::check(survey, report);
    allow::check(survey, report);
    destinations::check(survey, report);
}
