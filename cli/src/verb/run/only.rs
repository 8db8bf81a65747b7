//! `sayflow run FILE --only STEP --data FILE`: one step alone, with data that somebody made up.

use super::RunArgs;
use crate::document::{self, STDIN};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::launch::{consent, say_not_approved};
use crate::render::attempt::{self, Ending};
use crate::ui::{Ui, text};
use sayflow_client::Client;
use sayflow_protocol::api::{StartRun, StepResult, TestStep};
use serde_json::{Map, Value, json};

/// What the step sees: the file's object, with the inputs of the command line over its own.
pub(super) fn data(args: &RunArgs) -> Result<Value, Failure> {
    let mut data = match args.data.as_deref() {
        None => Map::new(),
        Some(word) => {
            let text = if word == STDIN { document::stdin()? } else { document::file(word)? };
            match serde_json::from_str(&text) {
                Ok(Value::Object(data)) => data,
                Ok(_) => return Err(unfit(word, "it holds no object")),
                Err(error) => return Err(unfit(word, &error.to_string())),
            }
        }
    };
    if !args.inputs.is_empty() {
        let inputs = data.entry("inputs").or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(inputs) = inputs else { return Err(unfit("the data", "its inputs are no object")) };
        inputs.extend(args.inputs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))));
    }
    Ok(Value::Object(data))
}

fn unfit(name: &str, why: &str) -> Failure {
    Failure::usage(format!("{name} is no data for a step: {why}."))
        .help("Write an object such as {\"inputs\": {\"limit\": 3}, \"steps\": {\"read\": {\"output\": [1, 2]}}, \"item\": 1}.")
}

/// Does it, and shows what went in and what came out.
pub(super) async fn run(
    ui: &Ui,
    client: &Client,
    step: &str,
    data: Value,
    request: StartRun,
    interrupts: &mut Interrupts,
) -> Result<Exit, Failure> {
    let StartRun { source, dry_run, approve, workspace, .. } = request;
    let mut request = TestStep { source, step: step.to_owned(), data, dry_run, approve, workspace };
    loop {
        let tested = interrupts.guard(async { Ok(client.test_step(&request).await?) }).await?;
        match (tested.result, tested.approval) {
            (Some(result), _) => return tell(ui, &result),
            (None, Some(approval)) => match consent(ui, &approval, interrupts).await? {
                Some(hash) if request.approve.as_ref() != Some(&hash) => request.approve = Some(hash),
                _ => {
                    if ui.is_text() {
                        say_not_approved(ui, &approval, "run");
                    } else {
                        ui.json(&json!({ "result": null, "approval": approval }))?;
                    }
                    return Ok(Exit::ApprovalNeeded);
                }
            },
            (None, None) => return Err(Failure::new("unexpected", "The server neither did the step nor said what it needs.")),
        }
    }
}

fn tell(ui: &Ui, result: &StepResult) -> Result<Exit, Failure> {
    let unknown = result.outcome_unknown;
    let exit = match &result.error {
        _ if unknown => Exit::Waiting,
        Some(_) => Exit::Failed,
        None => Exit::Done,
    };
    if !ui.is_text() {
        ui.json(&json!({ "result": result }))?;
        return Ok(exit);
    }
    let nothing = Value::Null;
    let output = result.output.as_ref().unwrap_or(&nothing);
    let ending = match &result.error {
        Some(error) if unknown => Ending::Unknown(error),
        Some(error) => Ending::Badly(error),
        None if result.simulated => Ending::Simulated(output),
        None => Ending::Well(output),
    };
    let title = format!("{} ({})", text::one_line(&result.step), text::one_line(&result.uses));
    let mut rendered = attempt::render(&title, result.input.as_ref(), ending, &ui.out);
    for skipped in &result.not_tried {
        rendered.push_str(&format!("  not tried: {}: {}\n", text::one_line(&skipped.destination), text::one_line(&skipped.reason)));
    }
    ui.result(&rendered)?;
    Ok(exit)
}
