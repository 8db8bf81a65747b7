//! Changes that a group makes for the runs in it, and that other writes make too.

use crate::error::WriteError;
use crate::rows::approval::ApprovalRow;
use crate::rows::trigger::TriggerAdvance;
use crate::sql::{Connection, Statement, Value, values};

/// Keeps questions.
pub(crate) fn ask<'a>(rows: impl Iterator<Item = &'a ApprovalRow>) -> Statement<'a> {
    let head = "INSERT INTO approvals (id, run, step, workflow, kind, what, payload_hash, payload, deciders, created, expires, decision,
         decided_by, decided_via, comment, decided_at) SELECT * FROM ";
    Statement::insert(head, "WHERE column1 IS NOT NULL", APPROVAL_COLUMNS, rows.flat_map(approval_values).collect())
}

const APPROVAL_COLUMNS: usize = 16;

fn approval_values(row: &ApprovalRow) -> [Value<'_>; APPROVAL_COLUMNS] {
    [
        (&row.id).into(),
        (&row.run).into(),
        (&row.step).into(),
        (&row.workflow).into(),
        (&row.kind).into(),
        (&row.what).into(),
        (&row.payload_hash).into(),
        (&row.payload).into(),
        (&row.deciders).into(),
        row.created.into(),
        row.expires.into(),
        (&row.decision).into(),
        (&row.decided_by).into(),
        (&row.decided_via).into(),
        (&row.comment).into(),
        row.decided_at.into(),
    ]
}

/// Closes an open approval without a verdict.
pub(crate) async fn close(connection: &mut Connection, id: &str, how: &str, at: i64) -> Result<(), WriteError> {
    let text = "UPDATE approvals SET decision = $2, decided_at = $3 WHERE id = $1 AND decision IS NULL";
    connection.execute(text, values![id, how, at]).await?;
    Ok(())
}

/// Says when an unfinished run has something to do again, and whether there is such a run.
pub(crate) async fn wake(connection: &mut Connection, id: &str, at: i64) -> Result<bool, WriteError> {
    let changed = connection.execute("UPDATE runs SET wake_at = $2 WHERE id = $1 AND ended IS NULL", values![id, at]).await?;
    Ok(changed > 0)
}

/// Says how a trigger goes on, and whether it is still there in that version.
pub(crate) async fn advance(connection: &mut Connection, next: &TriggerAdvance) -> Result<bool, WriteError> {
    let text = "UPDATE triggers SET next_at = $4, last_at = COALESCE($5, last_at), state = COALESCE($6, state), trouble = $7,
             fired = fired + $8
         WHERE workflow = $1 AND place = $2 AND version = $3";
    let TriggerAdvance { workflow, place, version, next_at, last_at, state, trouble, fired } = next;
    let changed = connection.execute(text, values![workflow, *place, *version, *next_at, *last_at, state, trouble, *fired]).await?;
    Ok(changed > 0)
}
