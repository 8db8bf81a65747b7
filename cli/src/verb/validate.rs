//! `sayflow validate`: checks documents without running anything.

use crate::connect::Session;
use crate::document;
use crate::exit::Exit;
use crate::failure::{Document, Failure};
use crate::interrupt::Interrupts;
use crate::render::{diagnostic, footprint};
use crate::ui::{Output, Ui, text};
use clap::Args;
use sayflow_client::Client;
use sayflow_protocol::api::{ValidateRequest, Validation};
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples:
  sayflow validate report.yaml
  sayflow validate flows/*.yaml
  cat report.json | sayflow validate - --output json";

/// Check workflow documents
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ValidateArgs {
    /// Files (YAML, JSON or TOML), or `-` for stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
}

/// Checks them all, even after one that is invalid.
pub async fn run(ui: &Ui, args: &ValidateArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let documents = args.files.iter().map(|file| document::read(file)).collect::<Result<Vec<_>, _>>()?;
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        let checked = interrupts.guard(check(client, documents)).await?;
        tell_all(ui, &checked)
    };
    Ok(session.during(ui, interrupts, work).await)
}

fn tell_all(ui: &Ui, checked: &[(Document, Validation)]) -> Result<Exit, Failure> {
    let valid = checked.iter().all(|(_, validation)| validation.valid);
    match ui.output {
        Output::Text => checked.iter().try_for_each(|(document, validation)| tell(ui, document, validation))?,
        Output::Json => ui.json(&as_json(checked, valid))?,
        Output::Jsonl => checked.iter().try_for_each(|(document, validation)| ui.json(&one_of_many(document, validation)))?,
    }
    Ok(if valid { Exit::Done } else { Exit::Failed })
}

async fn check(client: &Client, documents: Vec<Document>) -> Result<Vec<(Document, Validation)>, Failure> {
    let mut checked = Vec::with_capacity(documents.len());
    for document in documents {
        let request = ValidateRequest { text: document.text.clone(), format: document.format.clone() };
        checked.push((document, client.validate(&request).await?));
    }
    Ok(checked)
}

/// One file is `{valid, diagnostics}`; several are `{valid, files: [{file, valid, diagnostics}]}`.
fn as_json(checked: &[(Document, Validation)], valid: bool) -> Value {
    match checked {
        [(_, only)] => json!({ "valid": only.valid, "diagnostics": only.diagnostics }),
        several => {
            let files: Vec<Value> = several.iter().map(|(document, validation)| one_of_many(document, validation)).collect();
            json!({ "valid": valid, "files": files })
        }
    }
}

fn one_of_many(document: &Document, validation: &Validation) -> Value {
    json!({ "file": document.name, "valid": validation.valid, "diagnostics": validation.diagnostics })
}

fn tell(ui: &Ui, document: &Document, validation: &Validation) -> Result<(), Failure> {
    let screen = &ui.out;
    let findings = diagnostic::render_all(&validation.diagnostics, Some(document), screen);
    let name = screen.bold(&text::one_line(&document.name));
    let tally =
        if validation.diagnostics.is_empty() { String::new() } else { format!(" ({})", diagnostic::tally(&validation.diagnostics)) };
    let verdict = if validation.valid {
        let mark = screen.good(screen.pick("✔", "ok"));
        let places = validation.footprint.as_deref().map(|places| footprint::render(places, screen)).unwrap_or_default();
        format!("{mark} {name} is valid{tally}\n{places}")
    } else {
        format!("{} {name} is not valid{tally}\n", screen.bad(screen.pick("✖", "x")))
    };
    ui.result(&format!("{findings}{verdict}"))
}
