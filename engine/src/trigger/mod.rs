//! What starts runs: schedules, webhooks, feeds, files, the ends of other runs and messages.
//!
//! Every trigger of an active workflow is a row in the store. A row that has something to do at a time has that time in it,
//! under an index, so that a tick of the [`TriggerService`] costs as much as is due, however many triggers there are. A run
//! is stored together with the advance of the trigger that starts it and under the key of its delivery: whenever the process
//! dies, the same thing is either found again and recognised, or has started its one run.

mod activate;
mod ended;
mod fire;
mod looks;
mod message;
mod notices;
mod rows;
mod sample;
mod service;
mod source;
mod start;
pub mod webhook;

pub use activate::{ActivateError, TriggerState};
pub use message::Message;
pub use rows::TriggerProblem;
pub use sample::sample_payload;
pub use service::{Tick, TriggerParts, TriggerService};
pub use source::{Delivery, Look, LookContext, MOST_PER_LOOK, TriggerSource};
pub use webhook::{HookOutcome, HookRequest};

/// The route of a webhook, unique among all active workflows: `POST orders/new`.
pub fn route(method: Option<&str>, path: &str) -> String {
    format!("{} {}", method.unwrap_or("POST"), path.trim_matches('/'))
}
