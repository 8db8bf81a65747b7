//! The first plan: outline, then the parameters that are left open, then what a careful person adds.

use super::ask::{Question, Session, Try};
use super::compile::{Compiled, Env, care_for, compile, rhythm_fault};
use super::outline::{Asked, LineError, Outline, parse};
use super::{Facts, fill, material};
use crate::conversation::PlanInput;
use crate::model::{AnswerForm, ModelError, Role};
use crate::planner::PlanOutcome;
use sayflow_engine::action::Catalogue;
use sayflow_prompts::{self as prompts, PlanOutlineArgs};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::Question as Asking;

/// The longest outline, in tokens. Models that reason first count that too.
const OUTLINE_TOKENS: u32 = 8_000;
/// The most questions at once.
const MOST_QUESTIONS: usize = 3;

/// What an outline comes to.
#[allow(clippy::large_enum_variant, reason = "one is made for each answer")]
pub enum Reading {
    /// A workflow, perhaps with open parameters.
    Draft(Compiled, Vec<String>),
    /// Something has to be known first, or it cannot be done.
    Other(PlanOutcome),
}

/// Plans a request that stands alone.
///
/// # Errors
/// When the model cannot be asked, or does not answer usably.
pub async fn plan(session: &Session<'_>, input: &PlanInput, catalogue: &Catalogue, facts: &Facts) -> Result<PlanOutcome, ModelError> {
    let arguments = PlanOutlineArgs {
        request: input.text.clone(),
        answers: material::answers(input),
        actions: material::actions(input, catalogue),
        examples: material::examples(input, facts),
        facts: material::known(input, facts),
    };
    let question = Question {
        role: Role::Plan,
        purpose: "outline",
        system: prompts::plan_outline(),
        user: prompts::plan_outline_request(&arguments),
        answer: AnswerForm::Text,
        max_output_tokens: OUTLINE_TOKENS,
    };
    let reading = session.ask(question, |answer, attempt| read(&answer.text, attempt, input, catalogue, facts)).await?;
    finish(session, reading, input, catalogue, facts).await
}

/// Fills in what an outline left open, and adds what every workflow gets.
///
/// # Errors
/// When the model cannot be asked.
pub async fn finish(
    session: &Session<'_>,
    reading: Reading,
    input: &PlanInput,
    catalogue: &Catalogue,
    facts: &Facts,
) -> Result<PlanOutcome, ModelError> {
    let (compiled, notes) = match reading {
        Reading::Draft(compiled, notes) => (compiled, notes),
        Reading::Other(outcome) => return Ok(outcome),
    };
    let mut workflow = fill::fill(session, compiled, input, catalogue, facts).await?;
    care_for(&mut workflow, &env(input, catalogue, facts));
    Ok(PlanOutcome::Draft { workflow, notes })
}

/// What outlines of this request are compiled for.
pub fn env<'a>(input: &'a PlanInput, catalogue: &'a Catalogue, facts: &'a Facts) -> Env<'a> {
    Env { catalogue, timezone: &facts.timezone, taken: &facts.workflows, request: &input.text }
}

fn read(text: &str, attempt: Try, input: &PlanInput, catalogue: &Catalogue, facts: &Facts) -> Result<Reading, Vec<String>> {
    let outline = parse(text).map_err(in_words)?;
    reading_of(outline, attempt, input, catalogue, facts)
}

/// What a parsed outline comes to.
///
/// # Errors
/// What is wrong with it, a sentence each.
pub fn reading_of(outline: Outline, attempt: Try, input: &PlanInput, catalogue: &Catalogue, facts: &Facts) -> Result<Reading, Vec<String>> {
    let env = env(input, catalogue, facts);
    if let Some(outcome) = unfinished(&outline, input, || compile(&outline, &env).ok().map(|compiled| compiled.workflow))? {
        return Ok(Reading::Other(outcome));
    }
    let compiled = compile(&outline, &env).map_err(in_words)?;
    if attempt == Try::First {
        let faults = fill::structural_faults(&compiled, catalogue, facts);
        if !faults.is_empty() {
            return Err(faults);
        }
    }
    let rhythm = rhythm_fault(&input.text, &compiled.workflow, &facts.now, &facts.timezone);
    let mut notes = outline.notes;
    match (rhythm, attempt) {
        (Some(fault), Try::First) => return Err(vec![fault]),
        (Some(fault), Try::Last) => notes.push(format!("please look at the schedule: {fault}")),
        (None, _) => {}
    }
    Ok(Reading::Draft(compiled, notes))
}

/// Questions and "cannot".
///
/// # Errors
/// When all that it asks was answered before.
pub fn unfinished(
    outline: &Outline,
    input: &PlanInput,
    partial: impl FnOnce() -> Option<Workflow>,
) -> Result<Option<PlanOutcome>, Vec<String>> {
    if let Some(reason) = &outline.cannot {
        return Ok(Some(PlanOutcome::Cannot { reason: reason.clone(), suggestions: outline.suggestions.clone() }));
    }
    if outline.questions.is_empty() {
        return Ok(None);
    }
    let open: Vec<Asking> = outline
        .questions
        .iter()
        .map(as_question)
        .enumerate()
        // Two questions about one thing have ids of their own.
        .map(|(at, question)| {
            if ids_before(&outline.questions, at).contains(&question.id) {
                Asking { id: format!("{}_{}", question.id, at + 1), ..question }
            } else {
                question
            }
        })
        .filter(|question| !input.answers.iter().any(|(known, _)| known.id == question.id || known.text == question.text))
        .take(MOST_QUESTIONS)
        .collect();
    if open.is_empty() {
        let answered: Vec<String> = input
            .answers
            .iter()
            .map(|(question, value)| format!("do not ask again: \"{}\" was answered with \"{value}\"", question.text))
            .collect();
        // With steps the answers may simply have been repeated as questions.
        return if outline.steps.is_empty() { Err(answered) } else { Ok(None) };
    }
    Ok(Some(PlanOutcome::Questions { questions: open, partial: partial() }))
}

fn ids_before(questions: &[Asked], at: usize) -> Vec<String> {
    questions[..at].iter().map(|asked| as_question(asked).id).collect()
}

fn as_question(asked: &Asked) -> Asking {
    let about = if asked.about.is_empty() { super::outline::shorten(&asked.text, 40) } else { asked.about.clone() };
    let id: Vec<String> =
        about.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).take(6).collect();
    Asking { id: id.join("_"), text: asked.text.clone(), about, choices: asked.choices.clone() }
}

/// Errors of lines as faults.
pub fn in_words(errors: Vec<LineError>) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}
