//! What the model planner tells a model. For each kind of call there is a system message that never changes, so that
//! endpoints can keep it, and a message with everything that belongs to the request. Whatever others may have written goes
//! in behind a fence (see [`crate::fenced`]).

use crate::fence::fenced;
use crate::render::render;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

/// What is known besides a request.
#[derive(Debug, Clone, Default, Serialize)]
pub struct KnownFacts {
    /// The moment, such as `Friday, 20 November 2026, 12:00`.
    pub now: String,
    /// IANA name of the zone.
    pub zone: String,
    /// Accounts by name.
    pub accounts: Vec<String>,
    /// Names of saved workflows.
    pub workflows: Vec<String>,
    /// Files that the request speaks of.
    pub files: Vec<KnownFile>,
    /// Databases that the request speaks of.
    pub databases: Vec<KnownTables>,
    /// Other files by name.
    pub other_files: Vec<String>,
    /// What was said before.
    pub said: Vec<Said>,
}

/// A file.
#[derive(Debug, Clone, Default, Serialize)]
pub struct KnownFile {
    /// Its path in the workspace folder.
    pub path: String,
    /// What it holds: `list of objects with the fields id, customer`.
    pub shape: String,
    /// One entry, shortened; empty where there is none. Written by others.
    pub sample: String,
}

/// A database.
#[derive(Debug, Clone, Default, Serialize)]
pub struct KnownTables {
    /// Its path in the workspace folder.
    pub path: String,
    /// Each as `orders(id, customer)`.
    pub tables: Vec<String>,
}

/// A message of the conversation.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Said {
    /// Whose: `person` or `agent`.
    pub who: String,
    /// What, shortened.
    pub text: String,
}

/// A question that was asked and its answer.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanAnswered {
    /// The question.
    pub question: String,
    /// The answer.
    pub value: String,
}

/// For [`plan_outline_request`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanOutlineArgs {
    /// In the person's words.
    pub request: String,
    /// What was asked and answered.
    pub answers: Vec<PlanAnswered>,
    /// One action each, in the form `id(parameters) -> {output}  what it does`.
    pub actions: Vec<String>,
    /// Outlines of other workflows. Templates and names in them may have been written by others.
    pub examples: Vec<String>,
    /// What is known.
    #[serde(skip_serializing)]
    pub facts: KnownFacts,
}

/// For [`plan_change_request`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanChangeArgs {
    /// In the person's words.
    pub request: String,
    /// What was asked and answered.
    pub answers: Vec<PlanAnswered>,
    /// Actions, as in [`PlanOutlineArgs`].
    pub actions: Vec<String>,
    /// The workflow as an outline.
    pub outline: String,
    /// What is known.
    #[serde(skip_serializing)]
    pub facts: KnownFacts,
}

/// For [`plan_repair_request`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanRepairArgs {
    /// In the person's words.
    pub request: String,
    /// What was asked and answered.
    pub answers: Vec<PlanAnswered>,
    /// Actions, as in [`PlanOutlineArgs`].
    pub actions: Vec<String>,
    /// The workflow as an outline.
    pub outline: String,
    /// What is wrong, a sentence each.
    pub findings: Vec<String>,
    /// What is known.
    #[serde(skip_serializing)]
    pub facts: KnownFacts,
}

/// For [`plan_fill_request`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanFillArgs {
    /// The request in the person's words.
    pub request: String,
    /// The workflow as an outline.
    pub outline: String,
    /// The step's id.
    pub id: String,
    /// The step as it stands, as a line of an outline.
    pub step: String,
    /// What is still wanted, as `text: a line for each order`.
    pub wanted: Vec<String>,
    /// What is wrong with what is there.
    pub faults: Vec<String>,
    /// The action's id.
    pub action: String,
    /// What the action does.
    pub summary: String,
    /// The JSON Schema of its parameters, as JSON.
    pub schema: String,
    /// What earlier steps hand back, as `orders gives {content: …}`.
    pub outputs: Vec<String>,
    /// Files that the request speaks of.
    #[serde(skip_serializing)]
    pub samples: Vec<KnownFile>,
}

/// For [`plan_judge_request`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanJudgeArgs {
    /// The request in the person's words.
    pub request: String,
    /// The workflow as an outline.
    pub outline: String,
    /// When it starts, in words.
    pub starts: String,
    /// The next times.
    pub next: Vec<String>,
    /// What each step did, a line each.
    pub happened: Vec<String>,
    /// What was held back.
    pub writes: Vec<WriteShown>,
    /// What the trigger brought, where that was made up for the trial.
    pub payload: Option<String>,
}

/// Writes of one step that a dry run held back.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WriteShown {
    /// Such as `post (slack.send_message), 3 times; the first:`.
    pub head: String,
    /// The first payload, shortened. It may hold what others wrote.
    pub payload: String,
}

/// How outlines are written: the system message for a new workflow.
pub fn plan_outline() -> String {
    render("plan_outline", context! {})
}

/// A request for a new workflow, with all that belongs to it.
pub fn plan_outline_request(arguments: &PlanOutlineArgs) -> String {
    let examples = arguments.examples.iter().map(|example| fenced(example).text).collect();
    let arguments = PlanOutlineArgs { examples, ..arguments.clone() };
    with_facts("plan_outline_request", &arguments, &arguments.facts)
}

/// How changes are written: the system message for a change.
pub fn plan_change() -> String {
    render("plan_change", context! {})
}

/// A request for a change.
pub fn plan_change_request(arguments: &PlanChangeArgs) -> String {
    let arguments = PlanChangeArgs { outline: fenced(&arguments.outline).text, ..arguments.clone() };
    with_facts("plan_change_request", &arguments, &arguments.facts)
}

/// How repairs are written: the system message for a repair.
pub fn plan_repair() -> String {
    render("plan_repair", context! {})
}

/// What is wrong with a workflow.
pub fn plan_repair_request(arguments: &PlanRepairArgs) -> String {
    let arguments = PlanRepairArgs { outline: fenced(&arguments.outline).text, ..arguments.clone() };
    with_facts("plan_repair_request", &arguments, &arguments.facts)
}

/// How parameters are written: the system message for one step.
pub fn plan_fill() -> String {
    render("plan_fill", context! {})
}

/// One step and all that belongs to it.
pub fn plan_fill_request(arguments: &PlanFillArgs) -> String {
    let lines: Vec<String> = arguments.samples.iter().map(file_line).collect();
    let samples = if lines.is_empty() { String::new() } else { fenced(&lines.join("\n")).text };
    #[derive(Serialize)]
    struct Whole<'a> {
        #[serde(flatten)]
        arguments: &'a PlanFillArgs,
        samples: String,
    }
    render("plan_fill_request", Serde(&Whole { arguments, samples }))
}

/// How effects are compared with a request: the system message.
pub fn plan_judge() -> String {
    render("plan_judge", context! {})
}

/// A request and what the workflow for it would do.
pub fn plan_judge_request(arguments: &PlanJudgeArgs) -> String {
    let fence = |write: &WriteShown| WriteShown { head: write.head.clone(), payload: fenced(&write.payload).text };
    let outline = fenced(&arguments.outline).text;
    let payload = arguments.payload.as_deref().map(|payload| fenced(payload).text);
    let arguments = PlanJudgeArgs { outline, payload, writes: arguments.writes.iter().map(fence).collect(), ..arguments.clone() };
    render("plan_judge_request", Serde(&arguments))
}

/// An answer that cannot be used: why, and that it has to be written again.
pub fn plan_again(faults: &[String]) -> String {
    render("plan_again", context! { faults => faults.to_vec() })
}

/// Renders a request with its facts, what others wrote among them behind one fence.
fn with_facts(name: &str, arguments: &impl Serialize, facts: &KnownFacts) -> String {
    #[derive(Serialize)]
    struct Whole<'a, A> {
        #[serde(flatten)]
        arguments: &'a A,
        facts: Shown<'a>,
    }
    #[derive(Serialize)]
    struct Shown<'a> {
        now: &'a str,
        zone: &'a str,
        accounts: &'a [String],
        workspace: Option<String>,
        said: Option<String>,
    }
    let said: Vec<String> = facts.said.iter().map(|said| format!("{}: {}", said.who, said.text)).collect();
    let workspace = workspace_lines(facts);
    let shown = Shown {
        now: &facts.now,
        zone: &facts.zone,
        accounts: &facts.accounts,
        workspace: (!workspace.is_empty()).then(|| fenced(&workspace.join("\n")).text),
        said: (!said.is_empty()).then(|| fenced(&said.join("\n")).text),
    };
    render(name, Serde(&Whole { arguments, facts: shown }))
}

/// Names, fields and samples: whoever made the files chose them.
fn workspace_lines(facts: &KnownFacts) -> Vec<String> {
    let mut lines: Vec<String> = facts.files.iter().map(file_line).collect();
    let database = |database: &KnownTables| format!("The database {} has the tables {}.", database.path, database.tables.join("; "));
    lines.extend(facts.databases.iter().map(database));
    if !facts.other_files.is_empty() {
        lines.push(format!("Other files: {}.", facts.other_files.join(", ")));
    }
    if !facts.workflows.is_empty() {
        lines.push(format!("Workflows that are there: {}.", facts.workflows.join(", ")));
    }
    lines
}

fn file_line(file: &KnownFile) -> String {
    let sample = if file.sample.is_empty() { String::new() } else { format!(" One entry: {}", file.sample) };
    format!("The file {} is a {}.{sample}", file.path, file.shape)
}
