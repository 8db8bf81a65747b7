//! `sayflow schema`: the JSON Schema of the workflow document. It needs no server and no data folder.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  sayflow schema > workflow.schema.json

An editor that knows YAML schemas then completes and checks workflow files.";

/// Print the JSON Schema of the workflow document
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SchemaArgs {}

/// Prints it.
pub fn run(ui: &Ui) -> Result<Exit, Failure> {
    ui.json(&sayflow_host::workflow_schema())?;
    Ok(Exit::Done)
}
