//! Approvals: what a person has to say yes to. The first decision counts.

use crate::changes::{ask, close, wake};
use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::rows::approval::ApprovalRow;
use crate::sql::{Connection, values};

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
        connection.execute_all(&[ask(std::iter::once(&self.0))]).await.1?;
        Ok(())
    }
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
