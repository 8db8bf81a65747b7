//! `sayflow backup`: a copy of the database. It works around the server, which must not run meanwhile.

use crate::connect::installation;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::ui::Ui;
use clap::Args;
use sayflow_host::{Flags, backup};
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  sayflow backup ~/sayflow-backup.db

Accounts are in it as they are kept: sealed. Keep their key too; sayflow doctor says where it is.";

/// Copy the database to a file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BackupArgs {
    /// The file to write; it must not exist yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Copies it.
pub async fn run(ui: &Ui, args: &BackupArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let (home, settings) = installation(&Flags::default())?;
    let bytes = interrupts.guard(async { Ok(backup::save(&home, &settings, &args.file).await?) }).await?;
    if ui.is_text() {
        ui.result(&format!("Kept a copy in {} ({bytes} bytes).\n", args.file.display()))?;
    } else {
        ui.json(&json!({ "file": args.file, "bytes": bytes }))?;
    }
    Ok(Exit::Done)
}
