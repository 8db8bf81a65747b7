//! Reading runs: as they stand, and as they go on.

use super::{Engine, EngineError, broken};
use crate::run::{journal, view};
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{Event, RecordedEvent, RunId, RunStatus, RunView};
use std::sync::PoisonError;
use tokio::sync::{broadcast, mpsc};

impl Engine {
    /// A run as it is journalled.
    ///
    /// # Errors
    /// When there is no such run or its journal cannot be read.
    pub async fn view(&self, id: &RunId) -> Result<RunView, EngineError> {
        let row = self.row(id).await?;
        let compiled = self.inner.compiled.compile_stored(row.document.clone(), &self.parts().catalogue)?;
        let events = self.journal_of(id).await?;
        let version = row.version.and_then(|version| u32::try_from(version).ok());
        let now = self.parts().clock.now();
        let mut view = view::view_at(id, version, compiled.plan.clone(), &events, now).map_err(|why| broken(id, &why))?;
        // The journal alone does not tell whether somebody drives the run.
        if !view.status.is_final()
            && let Some(status) = RunStatus::parse(&row.status).filter(|status| !status.is_final())
        {
            view.status = status;
        }
        if let Some(why) = self.trouble_of(id) {
            view.status = RunStatus::Paused;
            view.open.push(OpenPoint::Store { why });
        }
        Ok(view)
    }

    /// What keeps a driven run from being written.
    fn trouble_of(&self, id: &RunId) -> Option<String> {
        let trouble = self.lock().runs.get(id)?.trouble.clone();
        trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Streams a run's events after number `after`, those to come included; ends after the last one, however long the run
    /// waits in between. A slow reader never slows the run: it reads from the store what it missed.
    ///
    /// # Errors
    /// When there is no such run.
    pub async fn watch(&self, id: &RunId, after: u64) -> Result<mpsc::Receiver<RecordedEvent>, EngineError> {
        self.row(id).await?;
        let (sender, receiver) = mpsc::channel(64);
        let (engine, id) = (self.clone(), id.clone());
        tokio::spawn(async move {
            let stopping = engine.stopping();
            let over = tokio::select! {
                over = engine.follow(&id, after, &sender) => over,
                () = sender.closed() => Ok(()),
                () = stopping => Ok(()),
            };
            if let Err(why) = over {
                tracing::warn!(run = %id, %why, "a run can no longer be followed");
            }
            engine.inner.hub.leave(&id);
        });
        Ok(receiver)
    }

    async fn follow(&self, id: &RunId, mut last: u64, sender: &mpsc::Sender<RecordedEvent>) -> Result<(), EngineError> {
        loop {
            // Subscribed before the store is read, so that nothing falls between the two.
            let mut live = self.inner.hub.subscribe(id);
            loop {
                let page = self.events(id, last).await?;
                let over = journal::ends(&page);
                let empty = page.is_empty();
                for event in page {
                    last = event.seq;
                    if sender.send(event).await.is_err() {
                        return Ok(());
                    }
                }
                if over {
                    return Ok(());
                }
                if empty {
                    // Somebody who has seen the last event hears of no other.
                    let row = self.row(id).await?;
                    if row.ended.is_some() && u64::try_from(row.seq).is_ok_and(|newest| newest <= last) {
                        return Ok(());
                    }
                    break;
                }
            }
            loop {
                match live.recv().await {
                    Ok(event) if event.seq <= last => {}
                    Ok(event) if event.seq > last + 1 => break,
                    Ok(event) => {
                        last = event.seq;
                        let over = matches!(event.event, Event::RunFinished { .. });
                        if sender.send(event).await.is_err() || over {
                            return Ok(());
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_) | broadcast::error::RecvError::Closed) => break,
                }
            }
        }
    }
}
