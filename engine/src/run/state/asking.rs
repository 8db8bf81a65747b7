//! Approvals in the middle of a run: asked, answered, or left without an answer.

use super::instances::InstanceStage;
use super::{Illegal, RunState};
use crate::run::command::Command;
use sayflow_protocol::event::{ApprovalDecision, ApprovalQuestion};
use sayflow_protocol::{ApprovalId, Event, InstanceKey, RunError};
use serde_json::json;

/// How long after its end an approval counts as expired for the run: whoever decided in its last moment is heard.
const GRACE: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);

impl RunState {
    pub(super) fn approval_requested(
        &mut self,
        key: &InstanceKey,
        attempt: u32,
        approval: &ApprovalId,
        question: &ApprovalQuestion,
    ) -> Result<(), Illegal> {
        let instance = self.instances.get(key).ok_or_else(|| Illegal(format!("\"{key}\" is not in progress")))?;
        if !matches!(instance.stage(), InstanceStage::Ready | InstanceStage::Running) {
            return Err(Illegal(format!("\"{key}\" cannot ask now")));
        }
        if *instance.stage() == InstanceStage::Ready {
            self.pace.begun();
        }
        // An attempt that asks before it begins has not been made.
        if question.place.is_none() {
            self.instances.set_attempt(key, attempt);
        }
        self.instances.set_stage(key, InstanceStage::Asking(approval.clone(), Box::new(question.clone())));
        if let Some(at) = question.expires.and_then(|at| at.checked_add(GRACE).ok()) {
            self.timers.insert((at, key.clone()));
        }
        Ok(())
    }

    pub(super) fn approval_decided(
        &mut self,
        key: &InstanceKey,
        approval: &ApprovalId,
        decision: ApprovalDecision,
        by: Option<&str>,
        comment: Option<&str>,
    ) -> Result<(), Illegal> {
        let (attempt, question) = match self.instances.get(key).map(|instance| (instance.attempt, instance.stage())) {
            Some((attempt, InstanceStage::Asking(asked, question))) if asked == approval => (attempt, question.clone()),
            _ => return Err(Illegal(format!("\"{key}\" does not ask for the approval {approval}"))),
        };
        self.timers.retain(|(_, at)| at != key);
        if decision == ApprovalDecision::Approved
            && let Some(place) = question.place
        {
            self.widened.push(place);
            self.instances.set_stage(key, InstanceStage::Ready);
            self.queue.push_back(Command::Execute { key: key.clone(), attempt: attempt + 1 });
            return Ok(());
        }
        self.instances.set_stage(key, InstanceStage::Answered);
        let event = match decision {
            ApprovalDecision::Approved => {
                let output = json!({ "approved": true, "by": by, "at": self.clock, "comment": comment });
                Event::StepSucceeded { key: key.clone(), attempt, output, simulated: false }
            }
            ApprovalDecision::Rejected | ApprovalDecision::Expired => {
                let error = refusal(key, &question, decision, by, comment);
                Event::StepFailed { key: key.clone(), attempt, error, retry_at: None }
            }
        };
        self.queue.push_back(Command::Record(event));
        Ok(())
    }
}

fn refusal(
    key: &InstanceKey,
    question: &ApprovalQuestion,
    decision: ApprovalDecision,
    by: Option<&str>,
    comment: Option<&str>,
) -> RunError {
    let expired = decision == ApprovalDecision::Expired;
    let code = match (question.place.is_some(), expired) {
        (true, _) => "outside_footprint",
        (false, true) => "approval_expired",
        (false, false) => "approval_rejected",
    };
    let said = comment.map(|comment| format!(": {comment}")).unwrap_or_default();
    let message = match (expired, by) {
        (true, _) => format!("nobody decided in time: {}", question.message),
        (false, Some(by)) => format!("{by} said no{said}"),
        (false, None) => format!("it was refused{said}"),
    };
    let help = match code {
        "outside_footprint" => "write the place into the step, or approve it when it is asked for again: sayflow runs retry ID",
        _ => "ask again with: sayflow runs retry ID",
    };
    RunError { code: code.into(), message, step: Some(key.to_string()), help: Some(help.into()) }
}
