//! Letting a workflow start by itself, after its footprint was approved, and going back.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::launch::{APPROVE_ALL, consent, say_not_approved};
use crate::render::{diagnostic, trigger};
use crate::ui::Ui;
use clap::Args;
use sayflow_client::{Client, ClientError};
use sayflow_protocol::api::ActivatedWorkflow;
use sayflow_protocol::api::workflow::ActivateWorkflow;

/// Let a version of a workflow start by itself
#[derive(Debug, Args)]
pub struct ActivateArgs {
    /// Its name
    name: String,
    /// Which version [default: the newest]
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    /// Approve what it reads and writes without being asked
    #[arg(long)]
    yes: bool,
}

/// Go back to the version that was active before
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// Its name
    name: String,
    /// Approve what it reads and writes without being asked
    #[arg(long)]
    yes: bool,
}

/// Activates it.
pub(super) async fn activate(ui: &Ui, client: &Client, args: &ActivateArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let request = ActivateWorkflow { version: args.version, approve: args.yes.then(|| APPROVE_ALL.to_owned()) };
    with_consent(ui, request, interrupts, async |request| client.activate_workflow(&args.name, request).await).await
}

/// Goes back.
pub(super) async fn undo(ui: &Ui, client: &Client, args: &UndoArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let request = ActivateWorkflow { version: None, approve: args.yes.then(|| APPROVE_ALL.to_owned()) };
    with_consent(ui, request, interrupts, async |request| client.undo_workflow(&args.name, request).await).await
}

async fn with_consent(
    ui: &Ui,
    mut request: ActivateWorkflow,
    interrupts: &mut Interrupts,
    ask: impl AsyncFn(&ActivateWorkflow) -> Result<ActivatedWorkflow, ClientError>,
) -> Result<Exit, Failure> {
    loop {
        let activated = interrupts.guard(async { Ok(ask(&request).await?) }).await?;
        let Some(approval) = &activated.approval else { return tell(ui, &activated) };
        match consent(ui, approval, interrupts).await? {
            Some(hash) if request.approve.as_ref() != Some(&hash) => request.approve = Some(hash),
            _ => {
                if ui.is_text() {
                    say_not_approved(ui, approval, "activated");
                } else {
                    ui.json(&activated)?;
                }
                return Ok(Exit::ApprovalNeeded);
            }
        }
    }
}

fn tell(ui: &Ui, activated: &ActivatedWorkflow) -> Result<Exit, Failure> {
    if !ui.is_text() {
        ui.json(activated)?;
        return Ok(Exit::Done);
    }
    if !activated.diagnostics.is_empty() {
        ui.note(diagnostic::render_all(&activated.diagnostics, None, &ui.err).trim_end());
    }
    ui.result(&trigger::activated(activated, &ui.out))?;
    if activated.summary.active.is_none() {
        return Ok(Exit::Done);
    }
    if activated.triggers.iter().all(|trigger| trigger.kind == "manual") {
        ui.note("It has no trigger of its own: it runs when somebody runs it.");
    } else if !activated.lasting {
        ui.note(
            "No server stays on this machine, so nothing fires until one does: sayflow serve\n\
             To have it started with the machine, see docs/service.md.",
        );
    }
    Ok(Exit::Done)
}
