//! A made-up outside: its actions fare as a script says, and it remembers what arrived. It outlives the engines that
//! speak to it, as the real outside does.

use super::history::Effect as Arrived;
use crate::model::turns;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Catalogue, Outcome, SpecBuilder, StepError, erase};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How one attempt fares outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed {
    /// How long it takes until it arrives.
    pub going: Duration,
    /// How long the answer takes.
    pub coming: Duration,
    pub ending: Ending,
}

/// How the other side answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Well,
    /// Refused before anything happened; may pass.
    Busy,
    /// Refused for good; nothing happened.
    Refused,
    /// It happened, and the answer is lost.
    LostAnswer,
    /// It did not happen, and nobody can tell.
    LostRequest,
}

impl Deed {
    pub const WELL: Self = Self { going: Duration::ZERO, coming: Duration::ZERO, ending: Ending::Well };
}

/// Says how attempt number `n` (from 1) with an idempotency key fares.
pub type Script = dyn Fn(&str, u32) -> Deed + Send + Sync;

/// The outside. A cheap handle.
#[derive(Clone)]
pub struct World {
    script: Arc<Script>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    tried: HashMap<String, u32>,
    arrived: Vec<Arrived>,
    busy: u64,
}

impl World {
    pub fn new(script: Arc<Script>) -> Self {
        Self { script, inner: Arc::default() }
    }

    /// One in which everything goes well.
    pub fn kind() -> Self {
        Self::new(Arc::new(|_, _| Deed::WELL))
    }

    /// What arrived, in order.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.inner.lock().unwrap().arrived.clone()
    }

    /// Grows whenever something happens here.
    pub fn activity(&self) -> u64 {
        self.inner.lock().unwrap().busy
    }

    async fn attempt(&self, key: &str, write: Option<Repeat>) -> Result<(), StepError> {
        let number = {
            let mut inner = self.inner.lock().unwrap();
            inner.busy += 1;
            let number = inner.tried.entry(key.to_owned()).or_default();
            *number += 1;
            *number
        };
        let deed = (self.script)(key, number);
        pause(deed.going).await;
        if let Some(repeat) = write
            && matches!(deed.ending, Ending::Well | Ending::LostAnswer)
        {
            let mut inner = self.inner.lock().unwrap();
            inner.busy += 1;
            inner.arrived.push(Arrived { key: key.to_owned(), repeatable: repeat == Repeat::Harmless });
        }
        pause(deed.coming).await;
        self.inner.lock().unwrap().busy += 1;
        match deed.ending {
            Ending::Well => Ok(()),
            Ending::Busy => Err(StepError::new("busy", "the other side is busy").retryable()),
            Ending::Refused => Err(StepError::new("refused", "the other side says no")),
            Ending::LostAnswer | Ending::LostRequest => {
                Err(StepError::new("connection_reset", "the connection was reset before the answer").retryable().unknown())
            }
        }
    }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Harmless,
    Harmful,
}

/// The actions that speak to a world.
fn sim_actions(catalogue: &mut Catalogue, world: &World) {
    let actions = [
        ("sim.compute", Effect::None, None),
        ("sim.read", Effect::Read, None),
        ("sim.write", Effect::Write, Some(Repeat::Harmful)),
        ("sim.put", Effect::Write, Some(Repeat::Harmless)),
        ("sim.wait", Effect::None, None),
    ];
    for (id, effect, write) in actions {
        catalogue.add(erase(Sim { id, effect, write, world: world.clone() })).unwrap();
    }
}

/// All test actions, with a world for those that speak to one.
pub fn sim_catalogue(world: &World) -> Catalogue {
    let mut catalogue = super::catalogue(&super::Recorder::default());
    sim_actions(&mut catalogue, world);
    catalogue
}

struct Sim {
    id: &'static str,
    effect: Effect,
    write: Option<Repeat>,
    world: World,
}

#[derive(Deserialize, JsonSchema)]
struct See {
    /// Whatever the output is to depend on.
    #[serde(default)]
    see: Value,
    /// How long a wait takes.
    #[serde(default)]
    seconds: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
struct Out {
    mark: u64,
    flag: bool,
    list: Vec<Value>,
}

#[async_trait]
impl Action for Sim {
    type Params = See;
    type Output = Out;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new(self.id, "Simulated", "Does what the made-up world says.", self.effect)
            .idempotent(self.write != Some(Repeat::Harmful))
    }

    async fn run(&self, params: See, cx: &ActionContext<'_>) -> Result<Outcome<Out>, StepError> {
        self.world.attempt(&cx.idempotency_key, self.write).await?;
        let instance = cx.idempotency_key.split_once(':').map_or("", |(_, key)| key).parse().unwrap_or_default();
        let output = turns::output(&instance, &params.see);
        let list = output["list"].as_array().cloned().unwrap_or_default();
        let output = Out { mark: output["mark"].as_u64().unwrap(), flag: output["flag"] == true, list };
        if self.id == "sim.wait" {
            let until = cx.ports.clock.now().checked_add(Duration::from_secs(params.seconds.unwrap_or(2))).unwrap();
            return Ok(Outcome::WaitUntil { until, output });
        }
        Ok(output.into())
    }
}
