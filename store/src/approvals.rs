//! Approvals: what a person has to say yes to. The first decision counts.

use crate::error::WriteError;
use crate::runs::wake;
use crate::sql::{Connection, Statement, Value, values};
use crate::writer::Write;
use crate::{Store, StoreError};

/// One question to a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct ApprovalRow {
    /// Its id; sorts by age.
    pub id: String,
    /// The run that waits for it.
    pub run: Option<String>,
    /// The step of that run.
    pub step: Option<String>,
    /// The workflow's name.
    pub workflow: String,
    /// `step`, `footprint` or `start`.
    pub kind: String,
    /// What is asked, in words.
    pub what: String,
    /// Tells payloads apart: who decides about another payload than the one that is asked about decides nothing.
    pub payload_hash: String,
    /// What would be done, as JSON.
    pub payload: String,
    /// Who may decide, as a JSON list.
    pub deciders: String,
    /// Microseconds.
    pub created: i64,
    /// From when on nobody can decide, in microseconds.
    pub expires: Option<i64>,
    /// `approved`, `rejected`, `expired` or `withdrawn`.
    pub decision: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Where it was decided, such as `cli`.
    pub decided_via: Option<String>,
    /// What the person who decided had to say.
    pub comment: Option<String>,
    /// Microseconds.
    pub decided_at: Option<i64>,
}

/// What a person says to an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Yes or no.
    pub approve: bool,
    /// Who says so.
    pub by: String,
    /// Where, such as `cli`.
    pub via: String,
    /// In the person's words.
    pub comment: Option<String>,
    /// Microseconds.
    pub at: i64,
    /// The payload that the person saw, where they were shown one.
    pub payload_hash: Option<String>,
}

/// What became of a verdict, with the approval as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It is the decision.
    First(ApprovalRow),
    /// There is a decision already.
    Already(ApprovalRow),
    /// It came too late.
    Expired(ApprovalRow),
    /// It is about another payload.
    OtherPayload(ApprovalRow),
    /// There is no such approval.
    Missing,
}

/// Which approvals are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those without a decision, oldest first.
    Open,
    /// All, newest first.
    All,
}

impl Store {
    /// Keeps a question that belongs to no commit of a run.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken or its run is not there.
    pub async fn add_approval(&self, row: ApprovalRow) -> Result<(), StoreError> {
        self.write(AddApproval(row)).await
    }

    /// Decides, unless that was done before, and wakes the run that waits for it, in one transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decide_approval(&self, id: &str, verdict: Verdict) -> Result<Decided, StoreError> {
        self.write(Decide { id: id.to_owned(), verdict }).await
    }

    /// An approval by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn approval(&self, id: &str) -> Result<Option<ApprovalRow>, StoreError> {
        self.one("SELECT * FROM approvals WHERE id = $1", values![id]).await
    }

    /// A run's approvals, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn approvals_of(&self, run: &str) -> Result<Vec<ApprovalRow>, StoreError> {
        self.all("SELECT * FROM approvals WHERE run = $1 ORDER BY id", values![run]).await
    }

    /// Approvals, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_approvals(&self, which: Which, limit: i64) -> Result<Vec<ApprovalRow>, StoreError> {
        let text = match which {
            Which::Open => "SELECT * FROM approvals WHERE decision IS NULL ORDER BY id LIMIT $1",
            Which::All => "SELECT * FROM approvals ORDER BY id DESC LIMIT $1",
        };
        self.all(text, values![limit]).await
    }
}

struct AddApproval(ApprovalRow);

impl Write for AddApproval {
    type Output = ();

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        connection.execute_all(&[insertion(std::iter::once(&self.0))]).await.1?;
        Ok(())
    }
}

/// Keeps questions.
pub(crate) fn insertion<'a>(rows: impl Iterator<Item = &'a ApprovalRow>) -> Statement<'a> {
    let head = "INSERT INTO approvals (id, run, step, workflow, kind, what, payload_hash, payload, deciders, created, expires, decision,
         decided_by, decided_via, comment, decided_at) SELECT * FROM ";
    Statement::insert(head, "WHERE column1 IS NOT NULL", COLUMNS, rows.flat_map(row_values).collect())
}

const COLUMNS: usize = 16;

fn row_values(row: &ApprovalRow) -> [Value<'_>; COLUMNS] {
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

struct Decide {
    id: String,
    verdict: Verdict,
}

impl Write for Decide {
    type Output = Decided;

    async fn apply(&self, connection: &mut Connection) -> Result<Decided, WriteError> {
        let found = connection.fetch_optional("SELECT * FROM approvals WHERE id = $1", values![&self.id]).await?;
        let Some(row): Option<ApprovalRow> = found else { return Ok(Decided::Missing) };
        match row.decision.as_deref() {
            Some("expired") => return Ok(Decided::Expired(row)),
            Some(_) => return Ok(Decided::Already(row)),
            None => {}
        }
        let verdict = &self.verdict;
        if row.expires.is_some_and(|expires| expires <= verdict.at) {
            close(connection, &self.id, "expired", verdict.at).await?;
            self.wake(connection, &row).await?;
            return Ok(Decided::Expired(ApprovalRow { decision: Some("expired".into()), decided_at: Some(verdict.at), ..row }));
        }
        if verdict.payload_hash.as_ref().is_some_and(|seen| *seen != row.payload_hash) {
            return Ok(Decided::OtherPayload(row));
        }
        let row = ApprovalRow {
            decision: Some(if verdict.approve { "approved" } else { "rejected" }.into()),
            decided_by: Some(verdict.by.clone()),
            decided_via: Some(verdict.via.clone()),
            comment: verdict.comment.clone(),
            decided_at: Some(verdict.at),
            ..row
        };
        connection
            .execute(
                "UPDATE approvals SET decision = $2, decided_by = $3, decided_via = $4, comment = $5, decided_at = $6 WHERE id = $1",
                values![&row.id, &row.decision, &row.decided_by, &row.decided_via, &row.comment, row.decided_at],
            )
            .await?;
        self.wake(connection, &row).await?;
        Ok(Decided::First(row))
    }
}

impl Decide {
    async fn wake(&self, connection: &mut Connection, row: &ApprovalRow) -> Result<(), WriteError> {
        if let Some(run) = &row.run {
            wake(connection, run, 0).await?;
        }
        Ok(())
    }
}
