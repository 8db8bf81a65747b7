//! What people have to decide: listing it, and saying yes or no once.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use jiff::Timestamp;
use sayflow_protocol::api::{ApprovalList, ApprovalObject, ApprovalOutcome, ApprovalQuery, DecideApproval};
use sayflow_store::{ApprovalRow, Decided, Verdict, Which};
use serde::de::DeserializeOwned;

/// Approvals in a list when nothing else is asked for, and at most.
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 500;

/// Where a decision was made that does not say where.
const API: &str = "api";

/// The longest comment and the longest name of a surface, in characters.
const LONGEST_COMMENT: usize = 2_000;
const LONGEST_VIA: usize = 40;

/// How to see what is open.
const SEE_APPROVALS: &str = "list what is open with: sayflow approve";

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// What is open, oldest first; with `all`, what was decided too, newest first.
    pub async fn approvals(&self, principal: &Principal, query: ApprovalQuery) -> Result<ApprovalList, AppError> {
        self.allow(principal, Command::ReadApprovals)?;
        let which = if query.all { Which::All } else { Which::Open };
        let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
        let rows = self.parts.store.list_approvals(which, i64::from(limit)).await?;
        Ok(ApprovalList { approvals: rows.into_iter().map(object).collect::<Result<_, _>>()? })
    }

    /// One of them.
    pub async fn approval(&self, principal: &Principal, id: &str) -> Result<ApprovalObject, AppError> {
        self.allow(principal, Command::ReadApprovals)?;
        let row = self.parts.store.approval(id).await?;
        object(row.ok_or_else(|| AppError::not_found("approval", id, SEE_APPROVALS))?)
    }

    /// Says yes or no. The first decision counts; whoever comes later hears who decided what, when and where.
    pub async fn decide_approval(&self, principal: &Principal, id: &str, decision: DecideApproval) -> Result<ApprovalObject, AppError> {
        self.allow(principal, Command::DecideApproval)?;
        let too_long = |text: &Option<String>, most| text.as_ref().is_some_and(|text| text.chars().count() > most);
        if too_long(&decision.comment, LONGEST_COMMENT) || too_long(&decision.via, LONGEST_VIA) {
            return Err(AppError::invalid(format!("a comment may have at most {LONGEST_COMMENT} characters"), "say it shorter"));
        }
        let verdict = Verdict {
            approve: decision.approve,
            by: principal.name().to_owned(),
            via: decision.via.unwrap_or_else(|| API.to_owned()),
            comment: decision.comment.filter(|comment| !comment.trim().is_empty()),
            at: self.parts.clock.now().as_microsecond(),
            payload_hash: decision.payload_hash,
        };
        match self.parts.engine.decide(id, verdict).await? {
            Decided::First(row) => object(row),
            Decided::Already(row) => Err(AppError::Conflict(already(&row))),
            Decided::Expired(row) => Err(AppError::Gone(too_late(&row))),
            Decided::OtherPayload(row) => Err(AppError::Conflict(format!(
                "approval {id} asks something else by now (its payload is {}); look at it again before you decide",
                row.payload_hash
            ))),
            Decided::Missing => Err(AppError::not_found("approval", id, SEE_APPROVALS)),
        }
    }
}

/// Who decided what, when and where.
fn already(row: &ApprovalRow) -> String {
    let at = row.decided_at.and_then(|at| Timestamp::from_microsecond(at).ok()).map(|at| format!(" at {at}")).unwrap_or_default();
    match row.decision.as_deref() {
        Some("withdrawn") => format!("nobody has to decide this any more: its run went on without it{at}"),
        decision => {
            let by = row.decided_by.as_deref().unwrap_or("somebody");
            let via = row.decided_via.as_deref().map(|via| format!(" in {via}")).unwrap_or_default();
            format!("it was {} by {by}{via}{at}; the first decision counts", decision.unwrap_or("decided"))
        }
    }
}

fn too_late(row: &ApprovalRow) -> String {
    let at = row.expires.and_then(|at| Timestamp::from_microsecond(at).ok()).map(|at| format!(" at {at}")).unwrap_or_default();
    format!("the time to decide this was over{at}; it counts as refused")
}

fn object(row: ApprovalRow) -> Result<ApprovalObject, AppError> {
    let damaged = |what: &str| AppError::Internal(format!("approval {} has {what} that cannot be read", row.id));
    let time = |at: i64| Timestamp::from_microsecond(at).map_err(|_| damaged("a time"));
    let decision = match row.decision.as_deref() {
        None => None,
        Some(word) => Some(ApprovalOutcome::parse(word).ok_or_else(|| damaged("a decision"))?),
    };
    Ok(ApprovalObject {
        payload: json(&row.payload).ok_or_else(|| damaged("a payload"))?,
        deciders: json(&row.deciders).ok_or_else(|| damaged("a list of deciders"))?,
        created: time(row.created)?,
        expires: row.expires.map(time).transpose()?,
        decided_at: row.decided_at.map(time).transpose()?,
        decision,
        id: row.id.clone().into(),
        kind: row.kind.clone(),
        what: row.what.clone(),
        run: row.run.clone().map(Into::into),
        step: row.step.clone(),
        workflow: row.workflow.clone(),
        payload_hash: row.payload_hash.clone(),
        decided_by: row.decided_by.clone(),
        decided_via: row.decided_via.clone(),
        comment: row.comment.clone(),
    })
}

fn json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_hears_who_decided_what_when_and_where() {
        let row = ApprovalRow {
            decision: Some("rejected".into()),
            decided_by: Some("ann".into()),
            decided_via: Some("slack".into()),
            decided_at: Some(1_790_000_000_000_000),
            ..ApprovalRow::default()
        };
        assert_eq!(already(&row), "it was rejected by ann in slack at 2026-09-21T14:13:20Z; the first decision counts");
        let withdrawn = ApprovalRow { decision: Some("withdrawn".into()), ..ApprovalRow::default() };
        assert!(already(&withdrawn).contains("went on without it"));
    }
}
