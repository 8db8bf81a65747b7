//! `sayflow restore`: puts a copy of the database in its place. It works around the server, which must not run meanwhile.

use crate::connect::installation;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::ui::Ui;
use crate::ui::prompt::{self, Decision};
use clap::Args;
use sayflow_host::{Flags, backup};
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  sayflow restore ~/sayflow-backup.db
  sayflow restore ~/sayflow-backup.db --yes

The database that is there now is not thrown away: it is moved aside, and its new name is said.";

/// Put a copy of the database in its place
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RestoreArgs {
    /// The copy, as `sayflow backup` wrote it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Do it without being asked
    #[arg(long)]
    yes: bool,
}

/// Restores it.
pub async fn run(ui: &Ui, args: &RestoreArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let (home, settings) = installation(&Flags::default())?;
    if !args.yes && backup::is_there(&home) {
        if !ui.is_interactive() {
            return Err(Failure {
                exit: Exit::ApprovalNeeded,
                ..Failure::new("approval_needed", "There is a database already; restoring takes its place.").help("Say so with --yes.")
            });
        }
        ui.note("What happened since the copy was made will be gone; the database of now is moved aside.");
        if interrupts.guard(prompt::approve(ui, "Restore the copy?")).await? == Decision::Declined {
            ui.note("Nothing was restored.");
            return Ok(Exit::ApprovalNeeded);
        }
    }
    let aside = interrupts.guard(async { Ok(backup::restore(&home, &settings, &args.file).await?) }).await?;
    if ui.is_text() {
        let moved = aside.as_ref().map(|path| format!(" What was there is now {}.", path.display())).unwrap_or_default();
        ui.result(&format!("Restored {}.{moved}\n", args.file.display()))?;
    } else {
        ui.json(&json!({ "restored": args.file, "moved_aside": aside }))?;
    }
    Ok(Exit::Done)
}
