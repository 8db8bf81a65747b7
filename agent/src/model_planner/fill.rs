//! Parameters that an outline leaves open, or gives wrongly: one call each, side by side.

use super::ask::{Question, Session, Try};
use super::cards::{bare_schema, output_of};
use super::compile::{Compiled, Open, Scope, at_pointer, find, find_mut};
use super::outline::{Known, Names, fill_in, on_a_deep_stack, outline_names, render, render_step, shorten};
use super::{Facts, material};
use crate::conversation::PlanInput;
use crate::model::{AnswerForm, ChatAnswer, Fault, ModelError, Role};
use futures::FutureExt;
use futures::stream::{self, StreamExt};
use indexmap::IndexMap;
use sayflow_engine::action::{ActionSpec, Catalogue};
use sayflow_engine::check::{CheckEnv, check_value};
use sayflow_prompts::{self as prompts, PlanFillArgs};
use sayflow_protocol::workflow::Step;
use sayflow_protocol::{Diagnostic, Workflow};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// How many calls are made at the same time.
const AT_ONCE: usize = 4;
/// The most steps that are filled in; the others are left to the repair.
const MOST: usize = 12;
/// The longest answer, in tokens. Models that reason first count that too.
const FILL_TOKENS: u32 = 4_000;
/// The longest description of one output, in characters.
const OUTPUT_LENGTH: usize = 400;
/// Findings about parameters that another look at the action's declaration can mend.
const MENDED_HERE: &[&str] = &["E0206", "E0208", "E0302", "E0303", "E0304", "E0307"];

/// A step by its path, and its parameters.
type Filled = (String, IndexMap<String, Value>);

/// Fills in all that is open.
///
/// # Errors
/// When the model cannot be asked.
pub async fn fill(
    session: &Session<'_>,
    compiled: Compiled,
    input: &PlanInput,
    catalogue: &Catalogue,
    facts: &Facts,
) -> Result<Workflow, ModelError> {
    let all: BTreeSet<String> = compiled.workflow.steps.iter().map(|step| step.id.clone()).chain(["on_failure".to_owned()]).collect();
    fill_some(session, compiled, &all, input, catalogue, facts).await
}

/// Fills in what is open in some of the main steps (`on_failure` stands for all of these) and inside of them.
///
/// # Errors
/// When the model cannot be asked.
pub async fn fill_some(
    session: &Session<'_>,
    compiled: Compiled,
    which: &BTreeSet<String>,
    input: &PlanInput,
    catalogue: &Catalogue,
    facts: &Facts,
) -> Result<Workflow, ModelError> {
    let Compiled { mut workflow, open } = compiled;
    let mut open = with_faults(open, &workflow, catalogue, facts);
    open.retain(|open| open.path.split('/').next().is_some_and(|main| which.contains(main)));
    if open.is_empty() {
        return Ok(workflow);
    }
    let shared = &workflow;
    // Made beforehand and boxed, so that the whole can be sent between threads.
    let calls: Vec<_> = open.iter().take(MOST).map(|open| fill_one(session, open, shared, input, catalogue, facts).boxed()).collect();
    let filled: Vec<Result<Option<Filled>, ModelError>> = stream::iter(calls).buffered(AT_ONCE).collect().await;
    for one in filled {
        let filled = match one {
            // The checks find what is missing, and the repair asks about it with the whole workflow in view.
            Err(error) if matches!(error.fault, Fault::Malformed | Fault::Refused | Fault::Empty | Fault::TooLarge) => {
                tracing::debug!(%error, "the parameters of a step were not filled in");
                continue;
            }
            filled => filled?,
        };
        if let Some((path, with)) = filled
            && let Some(step) = find_mut(&mut workflow, &path)
        {
            step.with = with;
        }
    }
    Ok(workflow)
}

/// Adds the steps whose parameters are there and wrong.
fn with_faults(mut open: Vec<Open>, workflow: &Workflow, catalogue: &Catalogue, facts: &Facts) -> Vec<Open> {
    for finding in findings(workflow, catalogue, facts) {
        let Some((path, fault)) = fault_of(workflow, &finding) else { continue };
        match open.iter_mut().find(|known| known.path == path) {
            // What is missing is asked for anyway.
            Some(_) if finding.code == "E0302" => {}
            Some(known) => known.faults.push(fault),
            None => open.push(Open { path, wanted: Vec::new(), faults: vec![fault] }),
        }
    }
    open
}

fn findings(workflow: &Workflow, catalogue: &Catalogue, facts: &Facts) -> Vec<Diagnostic> {
    let Ok(value) = serde_json::to_value(workflow) else { return Vec::new() };
    let env = CheckEnv { catalogue, credentials: &facts.credentials, now: facts.now.timestamp(), timezone: &facts.timezone };
    check_value(&value, &env).diagnostics
}

/// What is wrong with how the steps hang together, or with what starts them: whoever wrote the outline mends it best. What
/// is wrong with parameters is left to the calls that fill them in.
pub fn structural_faults(compiled: &Compiled, catalogue: &Catalogue, facts: &Facts) -> Vec<String> {
    let workflow = &compiled.workflow;
    findings(workflow, catalogue, facts)
        .iter()
        .filter(|finding| finding.is_error() && finding.code != "E0302" && fault_of(workflow, finding).is_none())
        // Accounts are the person's matter.
        .filter(|finding| !["E0305", "E0306"].contains(&finding.code.as_str()))
        .map(|finding| {
            let place = at_pointer(workflow, &finding.pointer).map(|(path, ..)| format!("step {path}: ")).unwrap_or_default();
            let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            outline_names(&format!("{place}{}{help}", finding.message))
        })
        .collect()
}

/// The step and the fault of a finding about parameters.
fn fault_of(workflow: &Workflow, finding: &Diagnostic) -> Option<(String, String)> {
    let expression = finding.code.starts_with("E04");
    if !finding.is_error() || !(expression || MENDED_HERE.contains(&finding.code.as_str())) {
        return None;
    }
    let (path, step, rest) = at_pointer(workflow, &finding.pointer)?;
    // A finding about the step as a whole counts too: it has no parameters at all.
    let about_parameters = rest.starts_with("/with") || (rest.is_empty() && finding.code == "E0302");
    if !about_parameters || step.uses.is_none() {
        return None;
    }
    let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    Some((path, outline_names(&format!("{}{help}", finding.message))))
}

async fn fill_one(
    session: &Session<'_>,
    open: &Open,
    workflow: &Workflow,
    input: &PlanInput,
    catalogue: &Catalogue,
    facts: &Facts,
) -> Result<Option<Filled>, ModelError> {
    let Some((path, step)) = find(workflow, &open.path) else { return Ok(None) };
    let Some(spec) = step.uses.as_deref().and_then(|id| catalogue.spec(id)) else { return Ok(None) };
    let scope = scope_of(workflow, &path, catalogue);
    let question = Question {
        role: Role::Fill,
        purpose: "fill",
        system: prompts::plan_fill(),
        user: prompts::plan_fill_request(&arguments(open, step, spec, workflow, &path, input, catalogue, facts)),
        answer: AnswerForm::Json { name: "parameters", schema: answer_schema(spec) },
        max_output_tokens: FILL_TOKENS,
    };
    let read = |answer: &ChatAnswer, attempt: Try| {
        let with = parameters(answer, step, spec, &scope.known)?;
        let faults = faults_with(workflow, &path, &with, catalogue, facts);
        // What is still wrong is left to the repair, which sees the whole workflow.
        if faults.is_empty() || attempt == Try::Last { Ok(with) } else { Err(faults) }
    };
    Ok(Some((path.clone(), session.ask(question, read).await?)))
}

#[allow(clippy::too_many_arguments, reason = "everything that one prompt says")]
fn arguments(
    open: &Open,
    step: &Step,
    spec: &ActionSpec,
    workflow: &Workflow,
    path: &str,
    input: &PlanInput,
    catalogue: &Catalogue,
    facts: &Facts,
) -> PlanFillArgs {
    let want = |(name, words): &(String, String)| if words.is_empty() { name.clone() } else { format!("{name}: {words}") };
    PlanFillArgs {
        request: input.text.clone(),
        outline: render(workflow),
        id: step.id.clone(),
        step: render_step(step),
        wanted: open.wanted.iter().map(want).collect(),
        faults: open.faults.clone(),
        action: spec.id.clone(),
        summary: spec.summary.clone(),
        schema: bare_schema(&spec.params).to_string(),
        outputs: outputs_before(workflow, path, catalogue),
        samples: material::files(facts),
    }
}

/// The lists of steps that a step sees: its own and those around it.
fn lists_around<'w>(workflow: &'w Workflow, path: &str) -> Vec<&'w [Step]> {
    let mut lists: Vec<&[Step]> = vec![&workflow.steps];
    let inner = match path.strip_prefix("on_failure/") {
        Some(rest) => {
            lists.push(&workflow.on_failure);
            rest
        }
        None => path,
    };
    let mut parts: Vec<&str> = inner.split('/').collect();
    parts.pop();
    for part in parts {
        let Some(group) = lists.last().and_then(|list| list.iter().find(|step| step.id == part)) else { break };
        lists.push(&group.steps);
    }
    lists
}

/// What can be seen where a step stands.
pub fn scope_of(workflow: &Workflow, path: &str, catalogue: &Catalogue) -> Scope {
    Scope::of_steps(&lists_around(workflow, path), catalogue, "")
}

fn outputs_before(workflow: &Workflow, path: &str, catalogue: &Catalogue) -> Vec<String> {
    let mut lines = Vec::new();
    let groups: Vec<&str> = path.split('/').collect();
    for list in lists_around(workflow, path) {
        for step in list.iter().take_while(|step| !path.ends_with(&format!("/{}", step.id)) && step.id != path) {
            if groups.contains(&step.id.as_str()) {
                continue;
            }
            let gives = match step.uses.as_deref().and_then(|id| catalogue.spec(id)) {
                Some(spec) => output_of(&spec.output),
                None => format!("{{{}}}", step.outputs.keys().cloned().collect::<Vec<_>>().join(", ")),
            };
            let each = if step.for_each.is_some() { "a list, for each item " } else { "" };
            lines.push(format!("{} gives {each}{}", step.id, shorten(&gives, OUTPUT_LENGTH)));
        }
    }
    lines
}

/// Any object: the values are checked by the engine's own rules, which know expressions.
fn answer_schema(spec: &ActionSpec) -> Value {
    let names = spec.params.get("properties").and_then(Value::as_object);
    let properties: Map<String, Value> = names.into_iter().flatten().map(|(name, _)| (name.clone(), json!({}))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": true })
}

/// The parameters in an answer, with the names that documents use.
fn parameters(answer: &ChatAnswer, step: &Step, spec: &ActionSpec, known: &Known) -> Result<IndexMap<String, Value>, Vec<String>> {
    let Some(Value::Object(fields)) = &answer.json else {
        return Err(vec!["the answer is no JSON object; answer with the parameters by name, such as {\"channel\": \"#news\"}".to_owned()]);
    };
    // Some write the parameters below a key of their own.
    let inner = ["with", "parameters", step.id.as_str()].iter().find_map(|key| fields.get(*key).filter(|_| fields.len() == 1)?.as_object());
    let fields = inner.filter(|_| fields.keys().all(|key| spec.param(key).is_none())).unwrap_or(fields);
    let convert = || {
        let names = Names::of(known);
        let value = |name: &str, value: &Value| fill_in(value, &Names { per_item: spec.is_lambda(name), ..names });
        fields
            .iter()
            .filter(|(name, value)| !value.is_null() || spec.is_required(name))
            .map(|(name, given)| (name.clone(), value(name, given)))
            .collect::<IndexMap<String, Value>>()
    };
    let mut with = on_a_deep_stack(convert).unwrap_or_default();
    // What the outline gave stays where the answer says nothing of it.
    for (name, value) in &step.with {
        if !with.contains_key(name) && spec.param(name).is_some() {
            with.insert(name.clone(), value.clone());
        }
    }
    Ok(with)
}

fn faults_with(workflow: &Workflow, path: &str, with: &IndexMap<String, Value>, catalogue: &Catalogue, facts: &Facts) -> Vec<String> {
    let mut tried = workflow.clone();
    if let Some(step) = find_mut(&mut tried, path) {
        step.with.clone_from(with);
    }
    findings(&tried, catalogue, facts)
        .iter()
        .filter_map(|finding| fault_of(&tried, finding))
        .filter(|(place, _)| place == path)
        .map(|(_, fault)| fault)
        .collect()
}
