//! What the conversation says besides drafts and questions, and what it asks a model.

use crate::fence::fenced;
use crate::render::render;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::Value;

/// For [`activated`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct ActivatedArgs {
    /// The workflow's name.
    pub workflow: String,
    /// Its version.
    pub version: u32,
    /// What starts it, in words.
    pub starts: Vec<String>,
    /// The next times.
    pub next: Vec<String>,
    /// Where it reads.
    pub reads: Vec<String>,
    /// Where it writes to.
    pub writes: Vec<String>,
    /// Where its webhooks are called.
    pub urls: Vec<String>,
    /// Whether a server stays that fires it.
    pub lasting: bool,
}

/// For [`status`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct StatusArgs {
    /// The run that was asked about, or the newest of the conversation.
    pub run: Option<RunLine>,
    /// Workflows.
    pub workflows: Vec<WorkflowLine>,
    /// Runs that go on, as `orders-report (run …)`.
    pub going: Vec<String>,
    /// How many decisions wait for a person.
    pub approvals: usize,
}

/// One run in [`StatusArgs`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct RunLine {
    /// Its id.
    pub id: String,
    /// Its workflow.
    pub workflow: String,
    /// Its status.
    pub status: String,
    /// Since when.
    pub since: Option<String>,
    /// What it waits for.
    pub waits: Vec<String>,
    /// Why it failed, as a sentence.
    pub error: Option<String>,
}

/// One workflow in [`StatusArgs`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct WorkflowLine {
    /// Its name.
    pub name: String,
    /// The active version.
    pub active: Option<u32>,
    /// The newest version.
    pub latest: u32,
    /// When it fires next.
    pub next: Option<String>,
    /// How its last run ended, as `succeeded on Fri 20 Nov 2026 09:00`.
    pub last: Option<String>,
    /// What is wrong with its triggers, as sentences.
    pub troubles: Vec<String>,
}

/// For [`listed`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListedArgs {
    /// What they are.
    pub title: String,
    /// One line each.
    pub lines: Vec<String>,
    /// Whether there are more than these.
    pub more: bool,
    /// How to see all.
    pub command: String,
    /// What is said when there are none. (`none` would be a word of the template language.)
    pub empty: String,
}

/// One suggestion of [`suggested`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct AdviceLine {
    /// What to do.
    pub advice: String,
    /// Why.
    pub evidence: String,
}

/// For [`understand`]: one tool in words.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ToolLine {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its arguments by example, as JSON.
    pub arguments: String,
}

/// For [`understand_case`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct UnderstandArgs {
    /// The draft of the conversation.
    pub draft: Option<DraftLine>,
    /// Names of saved workflows.
    pub workflows: Vec<String>,
    /// How many more there are.
    pub more: usize,
    /// Questions that are open.
    pub open: Vec<String>,
    /// What was offered last, in words of ours.
    pub offered: Option<String>,
    /// What came before `recent`.
    pub earlier: Option<String>,
    /// What was said before.
    pub recent: Vec<SaidLine>,
    /// The message.
    pub message: String,
}

/// A draft by its names.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DraftLine {
    /// The workflow's name.
    pub name: String,
    /// Its steps, each as `post (slack.send_message)`.
    pub steps: Vec<String>,
}

/// One message of a conversation.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SaidLine {
    /// `person` or `agent`.
    pub who: String,
    /// What.
    pub text: String,
}

/// A run was started.
pub fn run_started(workflow: &str, run: &str) -> String {
    render("run_started", context! { workflow, run })
}

/// Something has to be approved first; `goes_on` is what happens then, such as `runs`, and `command` how that is done at
/// a terminal.
pub fn approval_needed(what: &str, workflow: &str, goes_on: &str, command: &str) -> String {
    render("approval_needed", context! { what, workflow, goes_on, command })
}

/// A workflow starts by itself from now on.
pub fn activated(arguments: &ActivatedArgs) -> String {
    render("activated", Serde(arguments))
}

/// It would be activated, and the person's clear word for it is missing.
pub fn activate_confirm(workflow: &str, summary: &str) -> String {
    render("activate_confirm", context! { workflow, summary })
}

/// A run was stopped, or had ended.
pub fn stopped_run(run: &str, workflow: &str, was_active: bool, status: &str) -> String {
    render("stopped_run", context! { run, workflow, was_active, status })
}

/// A workflow is off; `running` of its runs go on.
pub fn deactivated(workflow: &str, was_active: bool, running: usize) -> String {
    render("deactivated", context! { workflow, was_active, running })
}

/// There is nothing that could be stopped.
pub fn nothing_to_stop() -> String {
    render("nothing_to_stop", context! {})
}

/// A workflow has to be named; these are saved.
pub fn which_workflow(workflows: &[String]) -> String {
    render("which_workflow", context! { workflows => workflows.to_vec() })
}

/// How things stand.
pub fn status(arguments: &StatusArgs) -> String {
    render("status", Serde(arguments))
}

/// A list.
pub fn listed(arguments: &ListedArgs) -> String {
    render("listed", Serde(arguments))
}

/// Why a run failed, and what would mend it, one line a change.
pub fn explained(text: &str, workflow: &str, fix: &[String]) -> String {
    render("explained", context! { text, workflow, fix => fix.to_vec() })
}

/// There is no failure to explain.
pub fn nothing_failed(workflow: Option<&str>, run: Option<&str>, status: &str) -> String {
    render("nothing_failed", context! { workflow, run, status })
}

/// What would make a workflow better; `applicable` are the numbers of those that can be carried out; `looked` says how
/// much was looked at.
pub fn suggested(workflow: &str, suggestions: &[AdviceLine], applicable: &[usize], looked: &str) -> String {
    let suggestions = minijinja::Value::from(Serde(suggestions));
    render("suggested", context! { workflow, suggestions, applicable => applicable.to_vec(), looked })
}

/// What was picked cannot be carried out.
pub fn not_applicable(picks: &[usize], applicable: &[usize]) -> String {
    render("not_applicable", context! { picks => picks.to_vec(), applicable => applicable.to_vec() })
}

/// The draft before is the draft again; `left` says whether there is one before that.
pub fn undone(summary: &str, left: bool) -> String {
    render("undone", context! { summary, left })
}

/// There is no draft before; `draft` says whether there is one at all.
pub fn nothing_to_undo(draft: bool) -> String {
    render("nothing_to_undo", context! { draft })
}

/// A workflow is back on the version that was active before, or off.
pub fn workflow_undone(workflow: &str, version: Option<u32>, next: &[String]) -> String {
    render("workflow_undone", context! { workflow, version, next => next.to_vec() })
}

/// The turn was stopped; `kept` is the draft that is there.
pub fn interrupted(kept: Option<&str>) -> String {
    render("interrupted", context! { kept })
}

/// A yes to nothing.
pub fn nothing_offered() -> String {
    render("nothing_offered", context! {})
}

/// An offer was declined.
pub fn left() -> String {
    render("left", context! {})
}

/// There is no request that could be tried again.
pub fn nothing_to_repeat() -> String {
    render("nothing_to_repeat", context! {})
}

/// The application refused.
pub fn refused(message: &str, help: Option<&str>) -> String {
    let plain = |text: &str| text.trim().trim_end_matches('.').to_owned();
    render("refused", context! { message => plain(message), help => help.map(plain) })
}

/// The offline planner planned, because the model could not be used.
pub fn planned_offline(reason: &str, help: Option<&str>) -> String {
    render("planned_offline", context! { reason, help })
}

/// The offline planner planned, because the model's plans did not pass.
pub fn not_mended(rounds: u32) -> String {
    render("not_mended", context! { rounds })
}

/// A draft may differ from what was asked.
pub fn differs(differences: &[String]) -> String {
    render("differs", context! { differences => differences.to_vec() })
}

/// What changed, in words.
pub fn changed(against: &str, words: &[String]) -> String {
    render("changed", context! { against, words => words.to_vec() })
}

/// For a model with tools: what it is to do. Version 1.
pub fn understand(tools: &[ToolLine]) -> String {
    render("understand", context! { tools => minijinja::Value::from(Serde(tools)) })
}

/// For a model with tools: the message and its place. Nothing that outsiders wrote belongs here.
pub fn understand_case(arguments: &UnderstandArgs) -> String {
    render("understand_case", Serde(arguments))
}

/// For a model with tools: its choice does not fit.
pub fn understand_again(complaint: &str, names: &[String]) -> String {
    render("understand_again", context! { complaint, names => names.to_vec() })
}

/// For a model without tools: how to answer a person, and the message with data that outsiders may have written, as
/// `(system, user)`. Version 1.
pub fn talk(data: &Value, message: &str) -> (String, String) {
    // Plain JSON always has a text.
    let data = fenced(&serde_json::to_string_pretty(data).unwrap_or_default());
    let system = render("talk", context! { marker => data.marker });
    (system, render("talk_case", context! { data => data.text, message }))
}
