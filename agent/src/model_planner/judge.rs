//! Whether a draft does what was asked: what a dry run would have done is compared with the request. What others wrote is
//! in it, so this call has no tools, and its answer can do nothing but name differences.

use super::Verdict;
use super::ask::{Question, Session};
use super::outline::{render, shorten};
use crate::model::{AnswerForm, ChatAnswer, ModelError, Role};
use sayflow_engine::schedule::describe;
use sayflow_prompts::{self as prompts, PlanJudgeArgs, WriteShown};
use sayflow_protocol::api::DryRunReport;
use sayflow_protocol::{StepStatus, Workflow};
use serde_json::{Value, json};

/// The longest answer, in tokens. Models that reason first count that too.
const VERDICT_TOKENS: u32 = 3_000;
/// How much of a payload is shown, and of each text in it, in characters.
const PAYLOAD: usize = 900;
const TEXT: usize = 400;
/// How many steps and writes are shown.
const MOST_LINES: usize = 40;
/// The most differences that are told, and how long each.
const MOST_DIFFERENCES: usize = 5;
const DIFFERENCE: usize = 300;

/// Compares.
///
/// # Errors
/// When the model cannot be asked, or does not answer usably.
pub async fn judge(
    session: &Session<'_>,
    request: &str,
    workflow: &Workflow,
    report: &DryRunReport,
    next: Vec<String>,
) -> Result<Verdict, ModelError> {
    let starts: Vec<String> = workflow.triggers.iter().map(describe).collect();
    let arguments = PlanJudgeArgs {
        request: request.to_owned(),
        outline: render(workflow),
        starts: if starts.is_empty() { "when somebody starts it by hand".to_owned() } else { starts.join("; ") },
        next,
        happened: happened(report),
        writes: writes(report),
        payload: report.payload.as_ref().map(payload),
    };
    let schema = json!({
        "type": "object",
        "properties": { "differences": { "type": "array", "items": { "type": "string" } } },
        "required": ["differences"],
        "additionalProperties": false
    });
    let question = Question {
        role: Role::Judge,
        purpose: "judge",
        system: prompts::plan_judge(),
        user: prompts::plan_judge_request(&arguments),
        answer: AnswerForm::Json { name: "verdict", schema },
        max_output_tokens: VERDICT_TOKENS,
    };
    let differences = session.ask(question, |answer, _| differences(answer)).await?;
    Ok(Verdict { differences, usage: session.usage() })
}

fn differences(answer: &ChatAnswer) -> Result<Vec<String>, Vec<String>> {
    let list = answer.json.as_ref().and_then(|json| json.get("differences").or(Some(json))).and_then(Value::as_array);
    let Some(list) = list else { return Err(vec!["the answer is not {\"differences\": […]}".to_owned()]) };
    let told = list.iter().filter_map(Value::as_str).map(|text| shorten(text, DIFFERENCE)).filter(|text| !is_none(text));
    Ok(told.take(MOST_DIFFERENCES).collect())
}

/// Some say that there is nothing in place of saying nothing.
fn is_none(text: &str) -> bool {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    text.is_empty() || ["none", "no differences", "no difference", "nothing"].contains(&text.as_str())
}

/// What each step did.
fn happened(report: &DryRunReport) -> Vec<String> {
    let mut lines: Vec<String> = report
        .run
        .steps
        .iter()
        .take(MOST_LINES)
        .map(|step| {
            let what = match step.status {
                StepStatus::Skipped => {
                    format!("was left out{}", step.skipped_because.as_ref().map(|why| format!(" ({why})")).unwrap_or_default())
                }
                StepStatus::Failed => {
                    format!("failed: {}", step.error.as_ref().map_or("unknown", |error| error.message.as_str()))
                }
                StepStatus::Succeeded if step.simulated => "was not carried out; its result is made up".to_owned(),
                StepStatus::Succeeded => "was carried out".to_owned(),
                _ => "did not end".to_owned(),
            };
            let items = step.items.map(|items| format!(" (for {} items)", items.total)).unwrap_or_default();
            let gave = step
                .output
                .as_ref()
                .filter(|_| !step.simulated)
                .and_then(sizes)
                .map(|sizes| format!(" and gave {sizes}"))
                .unwrap_or_default();
            format!("- {}{items} {}{gave}", step.id, shorten(&what, 200))
        })
        .collect();
    lines.extend(
        report.not_tried.iter().take(10).map(|left| format!("- {} did not read {}; its result is made up", left.step, left.destination)),
    );
    if let Some(error) = &report.run.error {
        lines.push(format!("- The trial ended early: {}", shorten(&error.message, 200)));
    }
    lines
}

/// How much there was in an output: numbers and lengths of lists, never a text of others.
fn sizes(output: &Value) -> Option<String> {
    let size = |value: &Value| match value {
        Value::Array(list) => Some(format!("{} entries", list.len())),
        Value::Number(number) => Some(number.to_string()),
        Value::Null => Some("nothing".to_owned()),
        _ => None,
    };
    if let Value::Object(fields) = output {
        let known = ["items", "entries", "rows", "files", "content", "body", "count", "status", "affected"];
        let told: Vec<String> = known.iter().filter_map(|name| Some(format!("{name}: {}", size(fields.get(*name)?)?))).collect();
        return (!told.is_empty()).then(|| told.join(", "));
    }
    size(output)
}

/// What was held back or written beside the folder, one entry a step with its first payload.
fn writes(report: &DryRunReport) -> Vec<WriteShown> {
    let mut shown: Vec<(String, String, usize, String)> = Vec::new();
    for write in report.suppressed.iter().chain(&report.files) {
        let step = write.step.split(['[', '@']).next().unwrap_or(&write.step).to_owned();
        match shown.iter_mut().find(|(known, ..)| *known == step) {
            Some((_, _, count, _)) => *count += 1,
            None => shown.push((step, write.uses.clone(), 1, payload(&write.payload))),
        }
    }
    shown
        .into_iter()
        .take(MOST_LINES)
        .map(|(step, uses, count, payload)| {
            let times = if count == 1 { "once, with:".to_owned() } else { format!("{count} times; the first time with:") };
            WriteShown { head: format!("{step} ({uses}), {times}"), payload }
        })
        .collect()
}

fn payload(value: &Value) -> String {
    shorten(&cut(value).to_string(), PAYLOAD)
}

fn cut(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > TEXT => {
            Value::from(format!("{}… ({} characters)", text.chars().take(TEXT).collect::<String>(), text.chars().count()))
        }
        Value::Array(list) if list.len() > 3 => {
            let mut shown: Vec<Value> = list.iter().take(3).map(cut).collect();
            shown.push(Value::from(format!("… {} in all", list.len())));
            Value::Array(shown)
        }
        Value::Array(list) => Value::Array(list.iter().map(cut).collect()),
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, value)| (name.clone(), cut(value))).collect()),
        other => other.clone(),
    }
}
