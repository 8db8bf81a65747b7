//! Asking the person at the terminal what a run asks: approvals, and writes whose outcome nobody knows.

use crate::connect::via;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::render;
use crate::ui::Ui;
use crate::ui::prompt::{self, Verdict};
use sayflow_client::Client;
use sayflow_protocol::RunView;
use sayflow_protocol::api::{ApprovalObject, DecideApproval};
use sayflow_protocol::event::UnknownDecision;
use sayflow_protocol::run::OpenPoint;
use std::collections::HashSet;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Something was decided: the run goes on.
    Decided,
    /// Nothing was.
    Left,
}

/// Asks about each point that was not asked about before.
pub async fn ask(
    ui: &Ui,
    client: &Client,
    run: &RunView,
    interrupts: &mut Interrupts,
    asked: &mut HashSet<String>,
) -> Result<Asked, Failure> {
    let mut outcome = Asked::Left;
    for point in &run.open {
        let decided = match point {
            OpenPoint::Approval { approval, .. } if asked.insert(approval.to_string()) => {
                let object = interrupts.guard(async { Ok(client.approval(approval.as_str()).await?) }).await?;
                ui.note(render::approval::in_full(&object, &ui.err).trim_end());
                decide(ui, client, &object, interrupts).await?.is_some()
            }
            OpenPoint::Unknown { step, error } if asked.insert(format!("{step} {}", error.message)) => {
                resolve(ui, client, run.id.as_str(), &step.to_string(), interrupts).await?
            }
            _ => false,
        };
        if decided {
            outcome = Asked::Decided;
        }
    }
    Ok(outcome)
}

/// Asks for yes or no, with "No, not now" in focus, which leaves it open. What was decided, if it was.
pub async fn decide(
    ui: &Ui,
    client: &Client,
    object: &ApprovalObject,
    interrupts: &mut Interrupts,
) -> Result<Option<ApprovalObject>, Failure> {
    let verdict = interrupts.guard(prompt::verdict(ui, &object.what)).await?;
    let approve = match verdict {
        Verdict::Later => return Ok(None),
        Verdict::Approve => true,
        Verdict::Reject => false,
    };
    let decision = DecideApproval { approve, payload_hash: Some(object.payload_hash.clone()), comment: None, via: Some(via()) };
    let answer = interrupts.guard(async { Ok(client.decide_approval(object.id.as_str(), &decision).await?) }).await;
    match answer {
        Ok(decided) => Ok(Some(decided)),
        // Somebody else was faster: what they decided holds, and the run goes on.
        Err(failure) if matches!(failure.code.as_str(), "conflict" | "gone") => {
            ui.note(&failure.message);
            Ok(Some(object.clone()))
        }
        Err(failure) => Err(failure),
    }
}

/// Asks what to do about a write whose outcome nobody knows, with leaving it open in focus. Whether something was decided.
async fn resolve(ui: &Ui, client: &Client, run: &str, step: &str, interrupts: &mut Interrupts) -> Result<bool, Failure> {
    let question = format!("{step} was sent and nobody knows whether it arrived. What now?");
    let choices = ["Leave it open", "Send it again (it may happen twice)", "Take it as done", "Take it as failed"];
    let decision = match interrupts.guard(prompt::pick(ui, &question, &choices)).await? {
        Some(1) => UnknownDecision::Retry,
        Some(2) => UnknownDecision::Skip,
        Some(3) => UnknownDecision::Fail,
        _ => return Ok(false),
    };
    interrupts.guard(async { Ok(client.resolve_unknown(run, step, decision).await?) }).await?;
    Ok(true)
}
