//! What starts runs: schedules, webhooks, feeds, files, the ends of other runs and messages.

mod source;
pub mod webhook;

pub use source::{Delivery, Look, LookContext, MOST_PER_LOOK, TriggerSource};
pub use webhook::{HookOutcome, HookRequest};

/// The route of a webhook, unique among all active workflows: `POST orders/new`.
pub fn route(method: Option<&str>, path: &str) -> String {
    format!("{} {}", method.unwrap_or("POST"), path.trim_matches('/'))
}
