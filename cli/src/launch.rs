//! Starting a run: the approval that it needs, then watching it.

use crate::failure::Failure;
use crate::follow::{self, Patience};
use crate::interrupt::Interrupts;
use crate::render;
use crate::ui::Ui;
use crate::ui::prompt::{self, Decision};
use sayflow_client::Client;
use sayflow_protocol::api::{ApprovalView, DryRunReport, RunSource, StartRun, StartedRun};
use sayflow_protocol::{Diagnostic, RunView};
use std::time::Duration;

/// What `approve` says for `--yes`.
pub const APPROVE_ALL: &str = "*";

/// How long a start that was interrupted is waited for, so that what it began can be stopped.
const LATE_START: Duration = Duration::from_secs(5);

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "made once in a process")]
pub enum Launched {
    /// The run, ended or no longer watched.
    Run(RunView),
    /// A dry run. It has ended when it is told of, and leaves nothing behind that could be watched.
    Rehearsed(DryRunReport),
    /// Nobody said yes.
    NotApproved(ApprovalView),
}

/// Whether the run is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// Until it has ended or has nothing to do for long.
    Watch(Patience),
    /// Not at all.
    Leave,
}

/// Starts a run, asking for approval where somebody can be asked, and watches it.
pub async fn launch(ui: &Ui, client: &Client, mut request: StartRun, interrupts: &mut Interrupts, stay: Stay) -> Result<Launched, Failure> {
    loop {
        let started = start(client, &request, interrupts).await?;
        // A draft was shown with its findings.
        if !matches!(request.source, RunSource::Draft(_)) {
            warn(ui, &started.diagnostics);
        }
        match (started.run, started.approval) {
            (Some(run), _) if run.dry_run => {
                let (suppressed, not_tried) = (started.suppressed, started.not_tried);
                return Ok(Launched::Rehearsed(DryRunReport { run, suppressed, not_tried, files: Vec::new(), payload: None }));
            }
            (Some(run), _) => {
                // A dry run is over when it is answered, and leaves no journal to follow.
                let run = match stay {
                    Stay::Watch(patience) if !run.dry_run => follow::follow(ui, client, run, interrupts, patience).await?,
                    Stay::Watch(_) | Stay::Leave => run,
                };
                return Ok(Launched::Run(run));
            }
            (None, Some(approval)) if request.approve.as_ref() != Some(&approval.payload_hash) => {
                match consent(ui, &approval, interrupts).await? {
                    Some(hash) => request.approve = Some(hash),
                    None => return Ok(Launched::NotApproved(approval)),
                }
            }
            (None, Some(approval)) => return Ok(Launched::NotApproved(approval)),
            (None, None) => return Err(Failure::new("unexpected", "The server neither started the run nor said what it needs.")),
        }
    }
}

/// Starts it. A run that began before Ctrl-C was heard is stopped: whoever presses it wants nothing to go on.
async fn start(client: &Client, request: &StartRun, interrupts: &mut Interrupts) -> Result<StartedRun, Failure> {
    let mut starting = std::pin::pin!(client.start_run(request));
    tokio::select! {
        started = &mut starting => return Ok(started?),
        () = interrupts.next() => {}
    }
    if request.dry_run {
        return Err(Failure::interrupted());
    }
    let stopping = async {
        let Ok(Ok(StartedRun { run: Some(run), .. })) = tokio::time::timeout(LATE_START, starting).await else {
            return Err(Failure::interrupted());
        };
        client.cancel_run(run.id.as_str()).await?;
        Err(Failure { message: format!("Stopped; run {} was cancelled.", run.id), ..Failure::interrupted() })
    };
    interrupts.guard(stopping).await
}

/// Shows what has to be approved and asks for it, where somebody can be asked; the hash of what was approved.
pub async fn consent(ui: &Ui, approval: &ApprovalView, interrupts: &mut Interrupts) -> Result<Option<String>, Failure> {
    if !ui.is_interactive() {
        return Ok(None);
    }
    ui.note(&render::plan::approval(approval, &ui.err));
    let decision = interrupts.guard(prompt::approve(ui, "Go on?")).await?;
    Ok((decision == Decision::Approved).then(|| approval.payload_hash.clone()))
}

fn warn(ui: &Ui, diagnostics: &[Diagnostic]) {
    if ui.is_text() && !diagnostics.is_empty() {
        ui.note(render::diagnostic::render_all(diagnostics, None, &ui.err).trim_end());
    }
}

/// Tells on stderr that nothing was done for want of an approval. `done` is what would have been: `run`, `activated`.
pub fn say_not_approved(ui: &Ui, approval: &ApprovalView, done: &str) {
    if ui.is_interactive() {
        ui.note(&format!("Nothing was {done}."));
    } else {
        let asked = render::plan::approval(approval, &ui.err);
        ui.note(&format!("{}\nNothing was {done}. Approve it with --yes, or run it in a terminal.", asked.trim_end()));
    }
}
