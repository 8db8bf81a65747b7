//! What somebody wants of a run that is being driven.

use super::EngineError;
use sayflow_protocol::InstanceKey;
use sayflow_protocol::event::{Advance, UnknownDecision};
use tokio::sync::oneshot;

/// One wish, with the place where its answer goes once it is durable.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) order: Order,
    pub(super) reply: Option<oneshot::Sender<Result<(), EngineError>>>,
}

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// Stop it.
    Cancel { by: String },
    /// Begin nothing new.
    Pause { by: String },
    /// Go on.
    Resume { by: String },
    /// Let a stepwise run go on.
    Advance { to: Advance, by: String },
    /// Decide about an unknown outcome.
    Resolve { key: InstanceKey, decision: UnknownDecision, by: String },
    /// Look at the store: an approval was decided, or a called run has ended.
    Look,
    /// The process is about to end: begin nothing new, keep what ends.
    Drain,
}

impl Control {
    /// A wish that nobody waits for.
    pub(super) fn silent(order: Order) -> Self {
        Self { order, reply: None }
    }

    /// A wish, and where its answer arrives.
    pub(super) fn asking(order: Order) -> (Self, oneshot::Receiver<Result<(), EngineError>>) {
        let (reply, answer) = oneshot::channel();
        (Self { order, reply: Some(reply) }, answer)
    }
}
