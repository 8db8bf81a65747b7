//! Retention: what is finished and old is removed, a few runs at a time, so that other writes get their turn.

use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::sql::{Connection, values};
use std::collections::BTreeSet;

/// How long a delivery is known behind the newest one, in microseconds: 30 days.
const DELIVERIES: i64 = 30 * 24 * 60 * 60 * 1_000_000;

impl Store {
    /// Removes at most `limit` finished runs that ended before `ended_before`, oldest first, with their events, blobs and
    /// approvals, and says how many it removed. Of each workflow the newest `keep_per_workflow` finished runs stay,
    /// and those that somebody still has to be told of. Documents that no run uses any more go too, and so do at most
    /// `limit` deliveries that are 30 days older than the newest one.
    ///
    /// A limit by age alone is `(cutoff, 0, …)`, one by number alone `(i64::MAX, number, …)`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune_runs(&self, ended_before: i64, keep_per_workflow: i64, limit: i64) -> Result<i64, StoreError> {
        self.write(Prune { ended_before, keep_per_workflow, limit }).await
    }
}

struct Prune {
    ended_before: i64,
    keep_per_workflow: i64,
    limit: i64,
}

impl Write for Prune {
    type Output = i64;

    const DROPS_DOCUMENTS: bool = true;

    async fn apply(&self, connection: &mut Connection) -> Result<i64, WriteError> {
        let mut removed = 0;
        let mut documents = BTreeSet::new();
        let mut workflow = String::new();
        while removed < self.limit {
            // One step along the index for each workflow.
            let next: Option<(String,)> = connection
                .fetch_optional("SELECT workflow FROM runs WHERE workflow > $1 ORDER BY workflow LIMIT 1", values![&workflow])
                .await?;
            let Some((next,)) = next else { break };
            workflow = next;
            removed += self.prune_workflow(connection, &workflow, self.limit - removed, &mut documents).await?;
        }
        for hash in documents {
            connection
                .execute(
                    "DELETE FROM documents WHERE hash = $1 AND NOT EXISTS (SELECT 1 FROM runs WHERE document_hash = $1)",
                    values![&hash],
                )
                .await?;
        }
        connection
            .execute(
                "DELETE FROM deliveries WHERE (workflow, key) IN
                 (SELECT workflow, key FROM deliveries WHERE at < (SELECT MAX(at) FROM deliveries) - $1 ORDER BY at LIMIT $2)",
                values![DELIVERIES, self.limit],
            )
            .await?;
        Ok(removed)
    }
}

impl Prune {
    /// Removes runs of one workflow and remembers their documents.
    async fn prune_workflow(
        &self,
        connection: &mut Connection,
        workflow: &str,
        limit: i64,
        documents: &mut BTreeSet<String>,
    ) -> Result<i64, WriteError> {
        // The oldest one of those that stay for their number.
        let kept: Option<(String,)> = match self.keep_per_workflow {
            ..=0 => None,
            keep => {
                let text = "SELECT id FROM runs WHERE workflow = $1 AND ended IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET $2";
                match connection.fetch_optional(text, values![workflow, keep - 1]).await? {
                    Some(kept) => Some(kept),
                    None => return Ok(0),
                }
            }
        };
        let kept = kept.map(|(id,)| id);
        let removed: Vec<(Option<String>,)> = connection
            .fetch_all(
                "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE workflow = $1 AND ended IS NOT NULL AND ended < $2
                     AND NOT announce AND ($3 IS NULL OR id < $3) ORDER BY id LIMIT $4)
                 RETURNING document_hash",
                values![workflow, self.ended_before, &kept, limit],
            )
            .await?;
        let count = i64::try_from(removed.len()).unwrap_or(i64::MAX);
        documents.extend(removed.into_iter().filter_map(|(hash,)| hash));
        Ok(count)
    }
}
