//! A run that failed.

use super::answered::http_status;
use super::situation::Situation;
use super::{Known, Told, done, fix};
use sayflow_prompts::{self as prompts, ErrorMeaning, ExplanationArgs};
use sayflow_protocol::{RunError, RunView, Workflow};
use serde_json::Value;

/// Tells why a run failed.
pub(super) fn tell(workflow: &Workflow, run: &RunView, known: &Known<'_>) -> Told {
    let Some(error) = &run.error else {
        let headline = format!("The run of {} failed, and nothing was kept of why.", run.workflow);
        return Told { arguments: ExplanationArgs { headline, ..ExplanationArgs::default() }, ..Told::default() };
    };
    let found = meaning_of(error);
    let writes = done::writes(workflow, run, known);
    let mut told = Told {
        arguments: ExplanationArgs {
            headline: format!("The run of {} failed.", run.workflow),
            message: Some(one_line(&error.message)),
            meaning: Some(found.meaning.to_owned()),
            done: writes.done,
            undone: writes.undone,
            unknown: writes.unknown,
            advice: Some(advice(error, found.remedy)),
            ..ExplanationArgs::default()
        },
        fix: None,
        evidence: vec![format!("{}: {}", error.code, one_line(&error.message))],
    };
    if let Some(situation) = Situation::of(workflow, run, known, error) {
        of_step(&situation, &mut told);
    } else if error.code == "timeout" {
        told.fix = fix::of_the_run(workflow.timeout.as_ref());
    }
    told.arguments.commands.push(format!("sayflow runs retry {}", run.id));
    if !told.arguments.done.is_empty() {
        let keeps = "`runs retry` goes on from the step that failed; what was done before is kept and not done again.";
        let advice = told.arguments.advice.get_or_insert_default();
        advice.push(' ');
        advice.push_str(keeps);
    }
    told
}

fn of_step(situation: &Situation<'_>, told: &mut Told) {
    let mut headline = format!("The run of {} failed at the step {}", situation.run.workflow, situation.name());
    if let Some((number, total, item)) = situation.item() {
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        headline.push_str(&format!(", item {number}{of}"));
        if let Some(item) = item {
            told.arguments.findings.push(format!("The item was {}.", short(item)));
            told.evidence.push(format!("item {number}: {}", short(item)));
        }
    }
    match situation.attempts() {
        0 | 1 => {}
        attempts => headline.push_str(&format!(", after {attempts} attempts")),
    }
    headline.push('.');
    told.arguments.headline = headline;
    if let Some(input) = situation.input() {
        told.evidence.push(format!("parameters: {}", short(input)));
    }
    told.fix = fix::find(situation);
    told.arguments.commands.extend(fix::commands(situation));
}

/// What an error means; of an answer over HTTP, what its status means.
fn meaning_of(error: &RunError) -> ErrorMeaning {
    let status = http_status(error).and_then(|status| match status {
        500.. => prompts::error_meaning("http_server"),
        status => prompts::error_meaning(&format!("http_{status}")),
    });
    status.or_else(|| prompts::error_meaning(&error.code)).unwrap_or_else(prompts::any_error)
}

/// The way out: what is known of this failure first, then what is true of all of its kind.
fn advice(error: &RunError, remedy: &str) -> String {
    match &error.help {
        Some(help) => {
            let mut first = help.chars();
            let said: String = first.next().map(|letter| letter.to_uppercase().chain(first).collect()).unwrap_or_default();
            let said = said.trim_end_matches('.');
            if says_the_same(help, remedy) { format!("{said}.") } else { format!("{said}. {remedy}") }
        }
        None => remedy.to_owned(),
    }
}

/// Whether half of the words of a text are in another one.
fn says_the_same(known: &str, text: &str) -> bool {
    let known = known.to_lowercase();
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.len() > 3).collect();
    words.iter().filter(|word| known.contains(word.trim_end_matches('s'))).count() * 2 >= words.len().max(1)
}

/// The most characters of a value that is quoted.
const SHORT: usize = 120;

pub(super) fn short(value: &Value) -> String {
    let text = one_line(&value.to_string());
    if text.chars().count() <= SHORT { text } else { text.chars().take(SHORT - 1).chain(['…']).collect() }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
