//! What a turn may spend on language models, and the limits of a turn.

use super::super::App;
use crate::error::AppError;
use sayflow_agent::conversation::{Caps, PlannerKind};
use sayflow_agent::model::{Allowance, Fault, ModelClient, ModelError};
use sayflow_protocol::api::Usage;

/// The models that a turn may ask, and what it may spend.
pub(super) struct Purse {
    pub(super) client: Result<ModelClient, ModelError>,
    pub(super) allowance: Allowance,
}

impl App {
    /// The best planner that there is. A model that is configured and cannot be used counts: the turn says what is wrong
    /// with it.
    pub(super) fn best_planner(&self) -> PlannerKind {
        let configured = self.models().is_some() || self.models_trouble().is_some();
        if configured { PlannerKind::Model } else { PlannerKind::Offline }
    }

    /// The limits of a turn, as the settings have them.
    pub(super) fn caps(&self) -> Caps {
        let budget = self.parts.models.budget();
        Caps {
            tokens: budget.turn_tokens.get(),
            cost_usd: budget.turn_usd.unwrap_or(f64::INFINITY),
            planning_ms: u64::from(budget.turn_seconds.get()).saturating_mul(1000),
            ..Caps::default()
        }
    }

    pub(super) async fn purse(&self, thread: &str) -> Result<Purse, AppError> {
        let client = self.models().ok_or_else(|| {
            let message = self.models_trouble().unwrap_or_else(|| "no model is configured".to_owned());
            let (message, help) = match message.split_once("; ") {
                Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
                None => (message, None),
            };
            ModelError { fault: Fault::Unreachable, message, help, usage: Usage::default() }
        });
        Ok(Purse { client, allowance: self.allowance(thread).await? })
    }
}
