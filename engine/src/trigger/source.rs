//! What looks for new things: a feed's entries, a folder's files. Sources live in the `actions` crate and are registered in
//! the catalogue like actions.

use crate::action::StepError;
use crate::ports::Ports;
use async_trait::async_trait;
use jiff::Timestamp;
use sayflow_protocol::workflow::Trigger;
use serde_json::Value;
use std::time::Duration;

/// The most new things of one look; what is left over is found by the next one.
pub const MOST_PER_LOOK: usize = 50;

/// Looks for new things on behalf of triggers of one kind.
#[async_trait]
pub trait TriggerSource: Send + Sync + 'static {
    /// The `type` of the triggers that it serves: `feed` or `file`.
    fn kind(&self) -> &'static str;

    /// How long to wait between two looks.
    fn every(&self, trigger: &Trigger) -> Duration;

    /// Looks once. `state` is what the last look handed back, null before the first; the first look only remembers what is
    /// there. A look must be repeatable: when its state is lost, the next one with the old state finds the same things
    /// under the same keys.
    ///
    /// # Errors
    /// When it cannot look; it is asked again later, with the same state.
    async fn look(&self, trigger: &Trigger, state: Value, cx: &LookContext<'_>) -> Result<Look, StepError>;
}

/// What a look may use.
pub struct LookContext<'a> {
    /// The ways out, bound to the workflow's workspace folder.
    pub ports: &'a Ports,
    /// The present moment.
    pub now: Timestamp,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    /// The new things in order, at most [`MOST_PER_LOOK`]; each starts a run.
    pub deliveries: Vec<Delivery>,
    /// What to hand in next time; kept in the store.
    pub state: Value,
    /// Whether there is more to be found at once.
    pub more: bool,
    /// Something that people should know although the look went well.
    pub trouble: Option<String>,
}

/// One new thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The same for the same thing, whenever it is found; short.
    pub key: String,
    /// `trigger.payload` of the run.
    pub payload: Value,
    /// When it came to be, or was found.
    pub time: Timestamp,
}
