//! Steering a run: stopping it, letting it rest and go on, stepping on, and deciding about a write whose outcome nobody
//! knows. All of it works on runs that are parked in the store, too.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_protocol::api::Steered;
use sayflow_protocol::api::run::Cancelled;
use sayflow_protocol::event::{Advance, UnknownDecision};
use sayflow_protocol::{InstanceKey, RunId};

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// Asks for a run to stop, and waits until it has.
    pub async fn cancel_run(&self, principal: &Principal, id: &str) -> Result<Cancelled, AppError> {
        self.allow(principal, Command::SteerRun)?;
        let id = RunId::from(id);
        self.parts.resumed.wait().await;
        let was_active = self.parts.engine.cancel(&id, principal.name()).await?;
        self.parts.engine.wait(&id).await;
        Ok(Cancelled { id, was_active })
    }

    /// Lets a run rest: what is in flight ends, nothing new begins.
    pub async fn pause_run(&self, principal: &Principal, id: &str) -> Result<Steered, AppError> {
        let id = self.steerable(principal, id).await?;
        self.parts.engine.pause(&id, principal.name()).await?;
        Ok(Steered { id })
    }

    /// Lets a paused run go on.
    pub async fn resume_run(&self, principal: &Principal, id: &str) -> Result<Steered, AppError> {
        let id = self.steerable(principal, id).await?;
        self.parts.engine.resume_run(&id, principal.name()).await?;
        Ok(Steered { id })
    }

    /// Lets a run that stops before each step go on.
    pub async fn advance_run(&self, principal: &Principal, id: &str, to: Advance) -> Result<Steered, AppError> {
        let id = self.steerable(principal, id).await?;
        self.parts.engine.advance(&id, to, principal.name()).await?;
        Ok(Steered { id })
    }

    /// Decides about a write whose outcome nobody knows.
    pub async fn resolve_unknown(
        &self,
        principal: &Principal,
        id: &str,
        step: &str,
        decision: UnknownDecision,
    ) -> Result<Steered, AppError> {
        let id = self.steerable(principal, id).await?;
        let key: InstanceKey = step
            .parse()
            .map_err(|_| AppError::invalid(format!("\"{step}\" names no step of a run"), "name it as `sayflow runs show` does"))?;
        self.parts.engine.resolve_unknown(&id, &key, decision, principal.name()).await?;
        Ok(Steered { id })
    }

    async fn steerable(&self, principal: &Principal, id: &str) -> Result<RunId, AppError> {
        self.allow(principal, Command::SteerRun)?;
        // A run that nobody drives yet cannot be told anything.
        self.parts.resumed.wait().await;
        Ok(RunId::from(id))
    }
}
