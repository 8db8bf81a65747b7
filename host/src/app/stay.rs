//! What only a server that stays does: triggers fire, and runs that are too old are removed.

use super::App;
use jiff::SignedDuration;
use sayflow_engine::trigger::{HookOutcome, HookRequest};
use sayflow_store::StoreError;
use std::time::Duration;

/// How often it is looked for runs that are too old.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);

/// So many are removed at once; others may write in between.
const PRUNED_AT_ONCE: i64 = 200;

impl App {
    /// Begins it, until the application drains.
    pub fn stay(&self) {
        let app = self.clone();
        tokio::spawn(async move {
            app.parts.resumed.wait().await;
            app.parts.triggers.run(app.parts.stop.clone()).await;
        });
        let app = self.clone();
        tokio::spawn(async move {
            app.parts.resumed.wait().await;
            while !app.parts.stop.is_cancelled() {
                if let Err(why) = app.prune().await {
                    tracing::warn!(%why, "runs that are too old could not be removed; they are later");
                }
                tokio::select! {
                    () = tokio::time::sleep(PRUNE_EVERY) => {}
                    () = app.parts.stop.cancelled() => {}
                }
            }
        });
    }

    /// Takes in a request to `/hooks/…`. Whether the caller may is for the trigger to judge.
    pub async fn receive_hook(&self, request: HookRequest) -> HookOutcome {
        self.parts.resumed.wait().await;
        self.parts.triggers.webhook(&request).await
    }

    /// Removes runs that ended too long ago, of each workflow those beyond the number that is kept, and answers of models
    /// whose time is over.
    async fn prune(&self) -> Result<(), StoreError> {
        let keep = &self.parts.retention;
        let age = SignedDuration::from_hours(24 * i64::from(keep.days.get()));
        let before = self.parts.clock.now().checked_sub(age).map_or(i64::MIN, jiff::Timestamp::as_microsecond);
        let most = i64::from(keep.runs_per_workflow.get());
        let mut removed = 0;
        for (before, most) in [(before, 0), (i64::MAX, most)] {
            while !self.parts.stop.is_cancelled() {
                let now = self.parts.store.prune_runs(before, most, PRUNED_AT_ONCE).await?;
                removed += now;
                if now < PRUNED_AT_ONCE {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let now = self.parts.clock.now().as_microsecond();
        while !self.parts.stop.is_cancelled() && self.parts.store.prune_answers(now, PRUNED_AT_ONCE).await? == PRUNED_AT_ONCE {
            tokio::task::yield_now().await;
        }
        if removed > 0 {
            tracing::info!(removed, "runs that were too old were removed");
        }
        Ok(())
    }
}
