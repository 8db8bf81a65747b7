//! Plans that begin with a workflow: a change that a person asks for, and the repair of one that has faults.

use super::ask::{Question, Session, Try};
use super::cards::{Detail, card};
use super::compile::{Compiled, at_pointer, care_for_steps};
use super::first::{Reading, env, finish, in_words, reading_of, unfinished};
use super::outline::{Target, parse_change, render};
use super::{Facts, apply, fill, material};
use crate::conversation::PlanInput;
use crate::model::{AnswerForm, ModelError, Role};
use crate::planner::PlanOutcome;
use sayflow_engine::action::Catalogue;
use sayflow_prompts::{self as prompts, PlanChangeArgs, PlanRepairArgs};
use sayflow_protocol::{Diagnostic, Workflow};
use std::collections::BTreeSet;

/// The longest answer, in tokens.
const CHANGE_TOKENS: u32 = 3_000;
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
    let question = Question {
        role: Role::Plan,
        purpose: "change",
        system: prompts::plan_change(),
        user: prompts::plan_change_request(&arguments),
        answer: AnswerForm::Text,
        max_output_tokens: CHANGE_TOKENS,
    };
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
    let question = Question {
        role: Role::Plan,
        purpose: "repair",
        system: prompts::plan_repair(),
        user: prompts::plan_repair_request(&arguments),
        answer: AnswerForm::Text,
        max_output_tokens: CHANGE_TOKENS,
    };
    mended(session, question, base, input, catalogue, facts).await
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
            care_for_steps(&mut workflow, &applied.touched, &env(input, catalogue, facts));
            Ok(PlanOutcome::Draft { workflow, notes })
        }
    }
}

fn read(text: &str, attempt: Try, base: &Workflow, input: &PlanInput, catalogue: &Catalogue, facts: &Facts) -> Result<Mended, Vec<String>> {
    let changes = match parse_change(text).map_err(in_words)? {
        Target::Whole(outline) => return reading_of(outline, attempt, input, catalogue, facts).map(Mended::Whole),
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
    format!("{place}{}{help}", finding.message)
}
