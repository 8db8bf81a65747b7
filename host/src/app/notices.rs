//! What happened while nobody looked and somebody should know.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use jiff::Timestamp;
use sayflow_protocol::api::{Notice, NoticeList, SeenNotices};
use sayflow_store::NoticeRow;

/// The most that are told at once.
const MOST: i64 = 200;

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// What nobody has seen yet, oldest first. Reading marks nothing as seen.
    pub async fn notices(&self, principal: &Principal) -> Result<NoticeList, AppError> {
        self.allow(principal, Command::ReadNotices)?;
        let rows = self.parts.store.unseen_notices(MOST).await?;
        Ok(NoticeList { notices: rows.into_iter().map(notice).collect::<Result<_, _>>()? })
    }

    /// Marks notices as seen, on every surface.
    pub async fn mark_notices_seen(&self, principal: &Principal, seen: SeenNotices) -> Result<(), AppError> {
        self.allow(principal, Command::ReadNotices)?;
        Ok(self.parts.store.mark_notices_seen(seen.ids, self.parts.clock.now().as_microsecond()).await?)
    }
}

fn notice(row: NoticeRow) -> Result<Notice, AppError> {
    let at = Timestamp::from_microsecond(row.at).map_err(|why| AppError::Internal(format!("notice {}: {why}", row.id)))?;
    Ok(Notice { id: row.id, at, kind: row.kind, workflow: row.workflow, run: row.run.map(Into::into), text: row.text })
}
