//! What people, approvals and other runs have to say to a run that is being driven.

use super::{Driver, Stopped};
use crate::run::EngineError;
use crate::run::order::{Control, Order};
use sayflow_protocol::event::ApprovalDecision;
use sayflow_protocol::{ApprovalId, Event, InstanceKey};
use sayflow_store::ApprovalRow;

impl Driver {
    /// Does as it is told; the answer goes out when it is durable.
    pub(super) async fn obey(&mut self, asked: Control) -> Result<(), Stopped> {
        let Control { order, reply } = asked;
        let done = match order {
            Order::Look => {
                self.look().await?;
                Ok(())
            }
            Order::Drain => {
                self.draining = true;
                Ok(())
            }
            order => match self.wish(order) {
                Ok(Some(event)) => {
                    self.record(event)?;
                    self.flush_midway().await?;
                    Ok(())
                }
                Ok(None) => Ok(()),
                Err(why) => Err(why),
            },
        };
        if let Some(reply) = reply {
            // Somebody who stopped waiting is fine.
            let _ = reply.send(done);
        }
        Ok(())
    }

    /// What an order means for the journal: nothing when it is so already.
    fn wish(&self, order: Order) -> Result<Option<Event>, EngineError> {
        let refuse = |why: String| EngineError::Conflict { run: self.run.clone(), why };
        Ok(match order {
            Order::Cancel { by } if !self.state.is_being_cancelled() => Some(Event::CancelRequested { by }),
            Order::Pause { by } if !self.state.is_paused() => Some(Event::PauseRequested { by }),
            Order::Resume { by } if self.state.is_paused() => Some(Event::ResumeRequested { by }),
            Order::Resume { .. } => return Err(refuse("it is not paused".into())),
            Order::Advance { to, by } if self.state.is_stepwise() => Some(Event::Advanced { by, to }),
            Order::Advance { .. } => return Err(refuse("it does not stop before each step".into())),
            Order::Resolve { key, decision, by } if self.state.is_unknown(&key) => {
                Some(Event::UnknownResolved { key, decision, by: Some(by) })
            }
            Order::Resolve { key, .. } => return Err(refuse(format!("the outcome of \"{key}\" is not unknown"))),
            Order::Cancel { .. } | Order::Pause { .. } | Order::Look | Order::Drain => None,
        })
    }

    /// Looks at the store for what others have left there: decisions, and the ends of called runs.
    pub(super) async fn look(&mut self) -> Result<(), Stopped> {
        let Some(engine) = self.engine.clone() else { return Ok(()) };
        if self.state.is_asking() {
            for row in engine.store().approvals_of(self.run.as_str()).await? {
                if let Some(event) = self.decided(&row) {
                    self.record(event)?;
                }
            }
        }
        self.look_at_calls(&engine).await
    }

    fn decided(&self, row: &ApprovalRow) -> Option<Event> {
        let decision = match row.decision.as_deref()? {
            "approved" => ApprovalDecision::Approved,
            "rejected" => ApprovalDecision::Rejected,
            _ => return None,
        };
        let key: InstanceKey = row.step.as_deref()?.parse().ok()?;
        let approval = ApprovalId(row.id.clone());
        if self.state.asks(&key) != Some(&approval) {
            return None;
        }
        Some(Event::ApprovalDecided { key, approval, decision, by: row.decided_by.clone(), comment: row.comment.clone() })
    }
}
