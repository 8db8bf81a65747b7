//! What people do to a run: stop it, let it rest, let it go on, decide.

use super::take_up::TakenUp;
use super::{Engine, EngineError};
use crate::run::order::{Control, Order};
use sayflow_protocol::event::{Advance, UnknownDecision};
use sayflow_protocol::{InstanceKey, RunId};
use sayflow_store::{Decided, Verdict};
use std::time::Duration;

/// When it is worth trying again where a run has too much to hear.
const SHORTLY: Duration = Duration::from_secs(1);

impl Engine {
    /// Asks for a run to stop; whether it was still going. It has stopped when [`Self::wait`] returns.
    ///
    /// # Errors
    /// When there is no such run, or it cannot be read.
    pub async fn cancel(&self, id: &RunId, by: &str) -> Result<bool, EngineError> {
        self.tell(id, Order::Cancel { by: by.to_owned() }).await
    }

    /// Lets a run rest: what is in flight ends, nothing new begins.
    ///
    /// # Errors
    /// When there is no such run, or it has ended.
    pub async fn pause(&self, id: &RunId, by: &str) -> Result<(), EngineError> {
        self.insist(id, Order::Pause { by: by.to_owned() }).await
    }

    /// Lets a paused run go on.
    ///
    /// # Errors
    /// When there is no such run, or it is not paused.
    pub async fn resume_run(&self, id: &RunId, by: &str) -> Result<(), EngineError> {
        self.insist(id, Order::Resume { by: by.to_owned() }).await
    }

    /// Lets a run that stops before each step go on.
    ///
    /// # Errors
    /// When there is no such run, or it does not stop before each step.
    pub async fn advance(&self, id: &RunId, to: Advance, by: &str) -> Result<(), EngineError> {
        self.insist(id, Order::Advance { to, by: by.to_owned() }).await
    }

    /// Decides about a write that nobody knows the outcome of.
    ///
    /// # Errors
    /// When there is no such run, or the instance has no unknown outcome.
    pub async fn resolve_unknown(&self, id: &RunId, key: &InstanceKey, decision: UnknownDecision, by: &str) -> Result<(), EngineError> {
        self.insist(id, Order::Resolve { key: key.clone(), decision, by: by.to_owned() }).await
    }

    /// Decides about an approval. The first decision counts; the run it belongs to goes on by itself.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn decide(&self, approval: &str, verdict: Verdict) -> Result<Decided, EngineError> {
        let decided = self.store().decide_approval(approval, verdict).await?;
        if let Decided::First(row) = &decided
            && let Some(run) = &row.run
        {
            self.nudge(&RunId(run.clone())).await;
        }
        Ok(decided)
    }

    async fn insist(&self, id: &RunId, order: Order) -> Result<(), EngineError> {
        if self.tell(id, order).await? {
            return Ok(());
        }
        Err(EngineError::Conflict { run: id.clone(), why: "it has ended".into() })
    }

    /// Tells a run something, wherever it is, and waits until that is durable; whether it was still going.
    async fn tell(&self, id: &RunId, order: Order) -> Result<bool, EngineError> {
        loop {
            let (control, answer) = Control::asking(order.clone());
            let control = match self.tell_driven(id, control)? {
                Some(control) => control,
                None => match answer.await {
                    Ok(done) => return done.map(|()| true),
                    // It was left, or has ended, before it heard.
                    Err(_) => continue,
                },
            };
            match self.take_up(id, Some(control)).await? {
                TakenUp::Driven => match answer.await {
                    Ok(done) => return done.map(|()| true),
                    Err(_) => continue,
                },
                TakenUp::Ended => return Ok(false),
                TakenUp::HasDriver | TakenUp::Queued => tokio::task::yield_now().await,
            }
        }
    }

    /// Tells a run that is driven; gives the message back when it is not.
    fn tell_driven(&self, id: &RunId, control: Control) -> Result<Option<Control>, EngineError> {
        // Under the lock, so that a run does not leave with something in its ear.
        let driven = self.lock();
        let Some(handle) = driven.runs.get(id) else { return Ok(Some(control)) };
        match handle.control.try_send(control) {
            Ok(()) => Ok(None),
            Err(tokio::sync::mpsc::error::TrySendError::Closed(control)) => Ok(Some(control)),
            Err(tokio::sync::mpsc::error::TrySendError::Full(_)) => {
                Err(EngineError::Busy { why: format!("run {id} has too much to hear"), retry_after: SHORTLY })
            }
        }
    }
}
