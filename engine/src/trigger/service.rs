//! The trigger service: starts runs when their time comes, when something new is found, and when others end.

use super::rows;
use super::webhook::Hooks;
use crate::action::Catalogue;
use crate::ports::{Clock, Ids};
use crate::run::{Engine, EngineError, PortsSource};
use crate::vault::CredentialSource;
use jiff::{SignedDuration, Timestamp};
use sayflow_store::{Store, StoreError};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, RwLock, Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether there is something to do although nothing said so.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(60);
/// When ended runs are looked at again for whose followers there was no room.
const SHORTLY: SignedDuration = SignedDuration::from_secs(1);
/// The pause after the store failed; it doubles.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// How many looks at feeds and folders are in progress at once.
const LOOKS_AT_ONCE: usize = 16;

/// What the service works with.
pub struct TriggerParts {
    /// What runs the runs.
    pub engine: Engine,
    /// Where triggers are kept.
    pub store: Store,
    /// The sources, and what steps can do.
    pub catalogue: Arc<Catalogue>,
    /// The ways out, for sources.
    pub ports: Arc<dyn PortsSource>,
    /// The accounts, for callers of webhooks.
    pub credentials: Arc<dyn CredentialSource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// IANA name of the zone of schedules for which nothing else is said.
    pub timezone: String,
}

/// The trigger service. A cheap handle.
#[derive(Clone)]
pub struct TriggerService {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub parts: TriggerParts,
    /// Wakes the loop: there are other triggers than before.
    pub bell: Notify,
    /// Held for reading while triggers start runs, for writing while they change: what was deactivated starts nothing.
    pub gate: RwLock<()>,
    /// Webhooks that were called, ready to be called again.
    pub hooks: Hooks,
    /// Triggers whose sources are looking.
    pub looking: Mutex<HashSet<(String, i64)>>,
    /// How many of them there are.
    pub looks: watch::Sender<usize>,
    pub room: Semaphore,
    /// Ends the looks with the loop.
    pub stop: CancellationToken,
}

/// What a tick did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tick {
    /// How many triggers were due: what it cost.
    pub due: usize,
    /// How many ended runs were dealt with.
    pub ended: usize,
    /// When the next trigger is due.
    pub next: Option<Timestamp>,
    /// Whether there is more to do at once.
    pub more: bool,
    /// Whether ended runs have to wait because there was no room for what they start.
    pub waiting: bool,
}

/// How many due triggers and ended runs one tick deals with.
pub(super) const BATCH: i64 = 256;

impl TriggerService {
    /// A service that does nothing by itself yet: see [`Self::run`].
    pub fn new(parts: TriggerParts) -> Self {
        let inner = Inner {
            parts,
            bell: Notify::new(),
            gate: RwLock::new(()),
            hooks: Hooks::default(),
            looking: Mutex::default(),
            looks: watch::channel(0).0,
            room: Semaphore::new(LOOKS_AT_ONCE),
            stop: CancellationToken::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Does what is due, until it is told to stop. Nothing ends it before: what fails is logged and tried again later.
    pub async fn run(&self, stop: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        let announced = self.parts().engine.announced();
        while !stop.is_cancelled() {
            let now = self.now();
            let again = match self.tick().await {
                Ok(tick) => {
                    pause = FIRST_PAUSE;
                    let at_last = later(now, if tick.waiting { SHORTLY } else { LOOK_AGAIN });
                    if tick.more { now } else { tick.next.map_or(at_last, |next| next.min(at_last)) }
                }
                Err(why) => {
                    tracing::error!(%why, "triggers wait until the store can be used again");
                    let again = later(now, pause);
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                    again
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.inner.bell.notified() => {}
                () = announced.notified() => {}
                () = self.parts().clock.sleep_until(again) => {}
            }
        }
        self.inner.stop.cancel();
        self.until_looked().await;
    }

    /// Does what is due now, once. Costs as much as is due, however many triggers there are.
    ///
    /// # Errors
    /// When the store cannot be used. What was not done is still due.
    pub async fn tick(&self) -> Result<Tick, StoreError> {
        let now = self.now();
        let store = &self.parts().store;
        let due = store.due_triggers(now.as_microsecond(), BATCH).await?;
        let mut tick = Tick { due: due.len(), more: due.len() as i64 >= BATCH, ..Tick::default() };
        let fired = self.fire_due(due, now).await;
        let (ended, left) = self.take_ended().await?;
        fired?;
        tick.ended = ended;
        tick.waiting = left > 0;
        tick.more |= ended as i64 >= BATCH;
        tick.next = store.next_trigger().await?.and_then(|at| Timestamp::from_microsecond(at).ok());
        Ok(tick)
    }

    /// Tells the engine whose ends are waited for. Needed once at the start; activations do it by themselves.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn listen(&self) -> Result<(), StoreError> {
        let listened = self.parts().store.listened_workflows().await?;
        self.parts().engine.set_listened(listened.into_iter().filter(|name| rows::is_workflow(name)).collect());
        Ok(())
    }

    /// Returns when no source is looking.
    pub async fn until_looked(&self) {
        let mut looks = self.inner.looks.subscribe();
        // The sender lives as long as the service.
        let _ = looks.wait_for(|looks| *looks == 0).await;
    }

    pub(super) fn parts(&self) -> &TriggerParts {
        &self.inner.parts
    }

    pub(super) fn now(&self) -> Timestamp {
        self.parts().clock.now()
    }

    pub(super) fn looking(&self) -> std::sync::MutexGuard<'_, HashSet<(String, i64)>> {
        self.inner.looking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// What the engine's refusal of a start means for a trigger.
pub(super) enum Refusal {
    /// The store failed: everything waits.
    Store(StoreError),
    /// There is no room: again after the pause.
    Busy(std::time::Duration),
    /// Something has to be mended first.
    Broken(String),
}

impl From<EngineError> for Refusal {
    fn from(why: EngineError) -> Self {
        match why {
            EngineError::Store(why) => Self::Store(why),
            EngineError::Busy { retry_after, .. } => Self::Busy(retry_after),
            EngineError::Workspace(why) => Self::Broken(match why.help {
                Some(help) => format!("{}; {help}", why.message),
                None => why.message,
            }),
            other => Self::Broken(other.to_string()),
        }
    }
}
