//! Plans that begin with a workflow: a change that a person asks for, and the repair of one that has faults.

use super::ask::{Question, Session, Try};
use super::cards::{Detail, card};
use super::compile::{Compiled, Env, at_pointer, care_for_steps};
use super::first::{Reading, env, finish, in_words, reading_of, unfinished};
use super::outline::{Outline, Target, outline_names, parse_change, render, render_step};
use super::{Facts, apply, fill, material};
use crate::conversation::PlanInput;
use crate::model::{AnswerForm, ModelError, Role};
use crate::planner::PlanOutcome;
use sayflow_engine::action::Catalogue;
use sayflow_prompts::{self as prompts, PlanChangeArgs, PlanRepairArgs};
use sayflow_protocol::{Diagnostic, Workflow};
use std::collections::BTreeSet;

/// The longest answer, in tokens. Models that reason first count that too.
const CHANGE_TOKENS: u32 = 8_000;
/// How many findings are shown at once.
const MOST_FINDINGS: usize = 12;
/// How many other actions are shown to a repair.
const OTHER_ACTIONS: usize = 14;

/// What an answer comes to.
#[allow(clippy::large_enum_variant, reason = "one is made for each answer")]
enum Mended {
    Parts(apply::Applied, Vec<String>),
    Whole(Reading),
}

/// Changes a workflow as a person asks.
///
/// # Errors
/// When the model cannot be asked, or does not answer usably.
pub async fn change(
    session: &Session<'_>,
    base: &Workflow,
    input: &PlanInput,
    catalogue: &Catalogue,
    facts: &Facts,
) -> Result<PlanOutcome, ModelError> {
    let arguments = PlanChangeArgs {
        request: input.text.clone(),
        answers: material::answers(input),
        actions: material::actions(input, catalogue),
        outline: render(base),
        facts: material::known(input, facts),
    };
    let question = question("change", prompts::plan_change(), prompts::plan_change_request(&arguments));
    mended(session, question, base, input, catalogue, facts).await
}

/// Mends a workflow.
///
/// # Errors
/// When the model cannot be asked, or does not answer usably.
pub async fn repair(
    session: &Session<'_>,
    base: &Workflow,
    input: &PlanInput,
    catalogue: &Catalogue,
    facts: &Facts,
) -> Result<PlanOutcome, ModelError> {
    let arguments = PlanRepairArgs {
        request: input.text.clone(),
        answers: material::answers(input),
        actions: cards_for(base, input, catalogue),
        outline: render(base),
        findings: input.findings.iter().take(MOST_FINDINGS).map(|finding| told(base, finding)).collect(),
        facts: material::known(input, facts),
    };
    let question = question("repair", prompts::plan_repair(), prompts::plan_repair_request(&arguments));
    mended(session, question, base, input, catalogue, facts).await
}

fn question(purpose: &'static str, system: String, user: String) -> Question {
    Question { role: Role::Plan, purpose, system, user, answer: AnswerForm::Text, max_output_tokens: CHANGE_TOKENS }
}

async fn mended(
    session: &Session<'_>,
    question: Question,
    base: &Workflow,
    input: &PlanInput,
    catalogue: &Catalogue,
    facts: &Facts,
) -> Result<PlanOutcome, ModelError> {
    let read = |text: &str, attempt: Try| read(text, attempt, base, input, catalogue, facts);
    match session.ask(question, |answer, attempt| read(&answer.text, attempt)).await? {
        Mended::Whole(reading) => finish(session, reading, input, catalogue, facts).await,
        Mended::Parts(applied, notes) => {
            let compiled = Compiled { workflow: applied.workflow, open: applied.open };
            let mut workflow = fill::fill_some(session, compiled, &applied.touched, input, catalogue, facts).await?;
            // What is to be mended may say that a message is wanted without anything to tell.
            let said: Vec<&str> =
                std::iter::once(input.text.as_str()).chain(input.findings.iter().map(|found| found.message.as_str())).collect();
            let said = said.join("\n");
            care_for_steps(&mut workflow, &applied.touched, &Env { request: &said, ..env(input, catalogue, facts) });
            Ok(PlanOutcome::Draft { workflow, notes })
        }
    }
}

fn read(text: &str, attempt: Try, base: &Workflow, input: &PlanInput, catalogue: &Catalogue, facts: &Facts) -> Result<Mended, Vec<String>> {
    let changes = match parse_change(text).map_err(in_words)? {
        Target::Whole(outline) => return whole(outline, attempt, base, input, catalogue, facts),
        Target::Parts(changes) => changes,
    };
    let env = env(input, catalogue, facts);
    if let Some(outcome) = unfinished(&changes.outline, input, || Some(base.clone()))? {
        return Ok(Mended::Whole(Reading::Other(outcome)));
    }
    let applied = apply::apply(base, &changes, &env)?;
    if applied.workflow == *base && applied.open.is_empty() && attempt == Try::First {
        return Err(vec!["the changes leave the workflow as it is".to_owned()]);
    }
    Ok(Mended::Parts(applied, changes.outline.notes))
}

/// A whole outline: another workflow, or the same one written down again. What is the same in it stays byte for byte.
fn whole(
    outline: Outline,
    attempt: Try,
    base: &Workflow,
    input: &PlanInput,
    catalogue: &Catalogue,
    facts: &Facts,
) -> Result<Mended, Vec<String>> {
    let same = outline.name.as_deref() == Some(base.name.as_str());
    let reading = reading_of(outline, attempt, input, catalogue, facts)?;
    let (mut compiled, notes) = match reading {
        Reading::Draft(compiled, notes) if same => (compiled, notes),
        other => return Ok(Mended::Whole(other)),
    };
    let workflow = &mut compiled.workflow;
    workflow.name.clone_from(&base.name);
    let mut touched = BTreeSet::new();
    for (new, old) in [(&mut workflow.steps, &base.steps), (&mut workflow.on_failure, &base.on_failure)] {
        for step in new {
            match old.iter().find(|known| known.id == step.id).filter(|known| render_step(known) == render_step(step)) {
                Some(known) => step.clone_from(known),
                None => {
                    touched.insert(step.id.clone());
                }
            }
        }
    }
    let Compiled { workflow, open } = compiled;
    Ok(Mended::Parts(apply::Applied { workflow, open, touched }, notes))
}

/// The actions of the steps that findings are about, explained, and some others in a line each.
fn cards_for(base: &Workflow, input: &PlanInput, catalogue: &Catalogue) -> Vec<String> {
    let broken: Vec<String> =
        input.findings.iter().filter_map(|finding| at_pointer(base, &finding.pointer).and_then(|(_, step, _)| step.uses.clone())).collect();
    let used = material::all_steps(base).into_iter().filter_map(|step| step.uses.clone());
    let mut seen = BTreeSet::new();
    let mut cards = Vec::new();
    for id in broken.iter().cloned().chain(used) {
        if seen.insert(id.clone())
            && let Some(spec) = catalogue.spec(&id)
        {
            cards.push(card(spec, Detail::Parameters));
        }
    }
    let others = input.retrieved.actions.iter().filter(|hit| seen.insert(hit.id.clone())).filter_map(|hit| catalogue.spec(&hit.id));
    cards.extend(others.take(OTHER_ACTIONS).map(|spec| card(spec, Detail::Line)));
    cards
}

/// A finding with the step that it is about.
fn told(base: &Workflow, finding: &Diagnostic) -> String {
    let place = match at_pointer(base, &finding.pointer) {
        Some((path, _, rest)) => {
            let rest = rest.trim_start_matches("/with").trim_start_matches('/').replace('/', ".");
            if rest.is_empty() { format!("step {path}: ") } else { format!("step {path}, {rest}: ") }
        }
        None if finding.pointer.is_empty() => String::new(),
        None => format!("{}: ", finding.pointer),
    };
    let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    outline_names(&format!("{place}{}{help}", finding.message))
}
