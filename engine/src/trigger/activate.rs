//! Activating and deactivating the triggers of a workflow, and showing how they stand.

use super::fire::ALARM_AFTER;
use super::rows::{self, TriggerProblem};
use super::service::TriggerService;
use super::{looks, route};
use crate::schedule::{Timing, describe, zone_of};
use jiff::Timestamp;
use sayflow_protocol::Workflow;
use sayflow_protocol::workflow::Trigger;
use sayflow_store::{Activated, StoreError, TriggerRow};

/// How many of the next times are told.
const TOLD: usize = 5;

/// Why a workflow cannot be activated.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// A trigger cannot fire.
    #[error(transparent)]
    Trigger(#[from] TriggerProblem),
    /// There is no such version.
    #[error("\"{workflow}\" has no version {version}")]
    NoSuchVersion {
        /// The workflow.
        workflow: String,
        /// The version.
        version: u32,
    },
    /// Another workflow has one of its webhooks.
    #[error("the webhook {route} belongs to the active workflow \"{by}\"; choose another path, or run: sayflow workflows deactivate {by}")]
    RouteTaken {
        /// `METHOD PATH`.
        route: String,
        /// The workflow that has it.
        by: String,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TriggerService {
    /// Makes a version the active one: from now on its triggers start runs, and those of the version before do not.
    ///
    /// # Errors
    /// When a trigger cannot fire, a webhook belongs to another workflow, there is no such version, or the store cannot be
    /// used. Nothing has changed then.
    pub async fn activate(&self, workflow: &Workflow, version: u32) -> Result<Vec<TriggerState>, ActivateError> {
        let _gate = self.inner.gate.write().await;
        let parts = self.parts();
        let before = parts.store.triggers_of(&workflow.name).await?;
        let rows = rows::rows(workflow, version, &before, self.now(), &parts.timezone, &parts.catalogue)?;
        match parts.store.activate(&workflow.name, i64::from(version), rows.clone()).await? {
            Activated::Done => {}
            Activated::NoSuchVersion => {
                return Err(ActivateError::NoSuchVersion { workflow: workflow.name.clone(), version });
            }
            Activated::RouteTaken { route, by } => return Err(ActivateError::RouteTaken { route, by }),
        }
        self.changed().await?;
        Ok(self.states(workflow, &rows))
    }

    /// Ends what the triggers of a workflow do; says whether there is such a workflow. Runs that go on go on.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn deactivate(&self, name: &str) -> Result<bool, StoreError> {
        let _gate = self.inner.gate.write().await;
        let known = self.parts().store.deactivate(name).await?;
        self.changed().await?;
        Ok(known)
    }

    async fn changed(&self) -> Result<(), StoreError> {
        self.inner.hooks.clear();
        self.inner.bell.notify_one();
        self.listen().await
    }

    /// How the triggers of a document stand. `active` is the version that is active, if one is; the document is that one's
    /// or, if none is, the one that would be.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn triggers(&self, workflow: &Workflow, active: Option<u32>) -> Result<Vec<TriggerState>, StoreError> {
        let rows = match active {
            Some(_) => self.parts().store.triggers_of(&workflow.name).await?,
            None => Vec::new(),
        };
        Ok(self.states(workflow, &rows))
    }

    fn states(&self, workflow: &Workflow, rows: &[TriggerRow]) -> Vec<TriggerState> {
        let now = self.now();
        let state = |(place, trigger)| {
            let row = rows.iter().find(|row| usize::try_from(row.place) == Ok(place));
            state(trigger, zone_of(trigger, workflow.timezone.as_deref(), &self.parts().timezone), row, now)
        };
        workflow.triggers.iter().enumerate().map(state).collect()
    }
}

/// How a trigger stands.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerState {
    /// As the document has it.
    pub trigger: Trigger,
    /// What starts a run, in plain words.
    pub description: String,
    /// IANA name of the zone in which its times are read.
    pub timezone: String,
    /// The next times at which a schedule fires, at most five; those of a workflow that is not active are as if it became so
    /// now.
    pub next: Vec<Timestamp>,
    /// When a feed or folder is looked at next.
    pub looks_at: Option<Timestamp>,
    /// `POST orders/new` for a webhook that answers at `/hooks/orders/new`.
    pub route: Option<String>,
    /// When it last started a run; for a schedule the time that was due.
    pub last_fired: Option<Timestamp>,
    /// How many runs it has started since it was activated.
    pub fired: u64,
    /// What is in its way.
    pub trouble: Option<String>,
    /// What a person has to look into: it should have run and has not.
    pub alarm: Option<String>,
}

fn state(trigger: &Trigger, zone: &str, row: Option<&TriggerRow>, now: Timestamp) -> TriggerState {
    let time = |micros: Option<i64>| micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    let mut shown = trigger.clone();
    if let Trigger::Schedule { timezone, .. } = &mut shown {
        *timezone = Some(zone.to_owned());
    }
    let looks = matches!(trigger, Trigger::Feed { .. } | Trigger::File { .. });
    TriggerState {
        trigger: trigger.clone(),
        description: describe(&shown),
        timezone: zone.to_owned(),
        next: next_times(trigger, zone, row, now),
        looks_at: row.filter(|_| looks).and_then(|row| time(row.next_at)),
        route: match trigger {
            Trigger::Webhook { path, method, .. } => Some(route(method.as_deref(), path)),
            _ => None,
        },
        last_fired: row.filter(|row| row.fired > 0).and_then(|row| time(row.last_at)),
        fired: row.map_or(0, |row| u64::try_from(row.fired).unwrap_or_default()),
        trouble: row.and_then(|row| row.trouble.clone()),
        alarm: row.and_then(|row| alarm(trigger, row, now)),
    }
}

/// The next times of a schedule. What is due already is told as the time that it was due.
fn next_times(trigger: &Trigger, zone: &str, row: Option<&TriggerRow>, now: Timestamp) -> Vec<Timestamp> {
    let Ok(timing) = Timing::read(trigger, zone) else { return Vec::new() };
    let handled = row.and_then(|row| row.last_at).and_then(|at| Timestamp::from_microsecond(at).ok()).unwrap_or(now);
    let after = |at: &Timestamp| timing.next(handled, *at);
    std::iter::successors(after(&handled.max(now)), after).take(TOLD).collect()
}

/// What a person has to look into.
fn alarm(trigger: &Trigger, row: &TriggerRow, now: Timestamp) -> Option<String> {
    if !matches!(trigger, Trigger::Schedule { .. }) {
        return looks::alarm(row);
    }
    let due = Timestamp::from_microsecond(row.next_at?).ok()?;
    match &row.trouble {
        Some(why) => Some(format!("it does not run: {why}")),
        None if now.duration_since(due) >= ALARM_AFTER => Some(format!("it should have run at {due} and has not")),
        None => None,
    }
}
