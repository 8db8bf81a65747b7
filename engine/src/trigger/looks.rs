//! Sources look: feeds and folders. A look may take long, so it happens beside the loop; when the next one is due is durable
//! before it begins, and what it found before it is forgotten.

use super::notices::Notice;
use super::rows::Memory;
use super::service::{TriggerService, later};
use super::source::{Delivery, Look, LookContext, TriggerSource};
use super::start::{Target, advance_of, started_by};
use crate::action::{Retry, StepError};
use crate::run::EngineError;
use jiff::{SignedDuration, Timestamp};
use sayflow_protocol::workflow::Trigger;
use sayflow_store::{StoreError, TriggerAdvance, TriggerRow};
use serde_json::Map;
use std::sync::Arc;
use std::time::Duration;

/// After so many failures in a row a notice is kept.
const TOLD_AFTER: u32 = 3;
/// The longest pause after failures, unless the trigger itself looks less often.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// When what one look could not carry is fetched.
const SHORTLY: SignedDuration = SignedDuration::from_secs(1);
/// A look may take this part of the time between two.
const SHARE: u32 = 10;

/// A look that has begun.
struct Begun {
    row: TriggerRow,
    trigger: Trigger,
    source: Arc<dyn TriggerSource>,
    every: Duration,
}

/// Takes a trigger off the list of those that look, whatever becomes of the look.
struct Looking {
    service: TriggerService,
    key: (String, i64),
}

impl Drop for Looking {
    fn drop(&mut self) {
        let left = {
            let mut looking = self.service.looking();
            looking.remove(&self.key);
            looking.len()
        };
        self.service.inner.looks.send_replace(left);
    }
}

impl TriggerService {
    /// Lets the trigger's source look, unless it still does.
    pub(super) async fn begin_look(&self, row: &TriggerRow, trigger: Trigger, now: Timestamp) -> Result<(), StoreError> {
        let Some(source) = self.parts().catalogue.source(&row.kind).cloned() else {
            let why = format!("this installation cannot look for new things of type {}", row.kind);
            return self.troubled(row, now, &why).await;
        };
        let every = source.every(&trigger);
        let mut row = row.clone();
        row.next_at = Some(later(now, signed(every)).as_microsecond());
        if !self.parts().store.advance_trigger(advance_of(&row)).await? {
            return Ok(());
        }
        let key = (row.workflow.clone(), row.place);
        let many = {
            let mut looking = self.looking();
            if !looking.insert(key.clone()) {
                return Ok(());
            }
            looking.len()
        };
        self.inner.looks.send_replace(many);
        let looking = Looking { service: self.clone(), key };
        tokio::spawn(async move {
            let service = &looking.service;
            let begun = Begun { row, trigger, source, every };
            tokio::select! {
                () = service.inner.stop.cancelled() => {}
                () = service.look(begun) => {}
            }
        });
        Ok(())
    }

    async fn look(&self, begun: Begun) {
        let Ok(_place) = self.inner.room.acquire().await else { return };
        let began = self.now();
        let memory = Memory::read(&begun.row.state);
        let found = self.look_once(&begun, &memory, began).await;
        // Whoever is slow to look at is looked at less often.
        let taken = Duration::try_from(self.now().duration_since(began)).unwrap_or_default();
        let pause = begun.every.max(taken.saturating_mul(SHARE));
        let done = match found {
            Ok(look) => self.take_in(&begun, memory, look, pause).await,
            Err(why) => self.look_failed(&begun, memory, why).await,
        };
        if let Err(why) = done {
            tracing::warn!(workflow = begun.row.workflow, place = begun.row.place, %why, "what was found is found again by the next look");
        }
    }

    async fn look_once(&self, begun: &Begun, memory: &Memory, now: Timestamp) -> Result<Look, StepError> {
        let target = self.parts().store.workflow_version(&begun.row.workflow, begun.row.version).await;
        let workspace = match target {
            Ok(Some(version)) => version.workspace,
            Ok(None) => return Err(StepError::new("no_workflow", "the workflow is gone")),
            Err(why) => return Err(StepError::new("store_unavailable", why.to_string())),
        };
        let ports = self.parts().ports.production(workspace.as_ref())?;
        begun.source.look(&begun.trigger, memory.source.clone(), &LookContext { ports: &ports, now }).await
    }

    /// Starts a run for each new thing; that they are no longer new is durable with the last one.
    async fn take_in(&self, begun: &Begun, memory: Memory, look: Look, pause: Duration) -> Result<(), StoreError> {
        let Look { deliveries, state, more, trouble } = look;
        let row = &begun.row;
        let now = self.now();
        let next = if more { later(now, SHORTLY) } else { later(now, signed(pause)) };
        let after = Memory { failures: 0, source: state };
        let changed = after != memory || trouble != row.trouble || pause > begun.every || more;
        if deliveries.is_empty() && !changed {
            return Ok(());
        }
        let _gate = self.inner.gate.read().await;
        if !self.is_still_there(row).await? {
            return Ok(());
        }
        let step = TriggerAdvance { next_at: Some(next.as_microsecond()), trouble, ..advance_of(row) };
        let last = TriggerAdvance { state: after.write(), ..step.clone() };
        let Some((newest, earlier)) = deliveries.split_last() else {
            self.parts().store.advance_trigger(last).await?;
            return Ok(());
        };
        let target = match self.target(row).await {
            Ok(target) => target,
            Err(why) => return self.refused(row, now, why).await,
        };
        for delivery in earlier {
            if let Err(why) = self.deliver(row, &target, delivery, step.clone(), now).await {
                return self.refused(row, now, why).await;
            }
        }
        match self.deliver(row, &target, newest, last, now).await {
            Ok(()) => {
                self.inner.bell.notify_one();
                Ok(())
            }
            Err(why) => self.refused(row, now, why).await,
        }
    }

    async fn deliver(
        &self,
        row: &TriggerRow,
        target: &Target,
        delivery: &Delivery,
        advance: TriggerAdvance,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let trigger = started_by(&row.kind, delivery.time, delivery.payload.clone(), Map::new());
        let mut request = target.request(format!("{}:{}:{}", row.kind, row.place, delivery.key), trigger);
        request.advance = Some(TriggerAdvance { last_at: Some(now.as_microsecond()), fired: 1, ..advance });
        self.parts().engine.start(request).await.map(|_| ())
    }

    /// A look that failed is tried again after a growing pause; after three in a row people are told.
    async fn look_failed(&self, begun: &Begun, memory: Memory, why: StepError) -> Result<(), StoreError> {
        let row = &begun.row;
        let now = self.now();
        let failures = memory.failures.saturating_add(1);
        let growing = begun.every.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE.max(begun.every));
        let pause = match why.retry {
            Retry::After(asked) => growing.max(asked),
            Retry::Never | Retry::Maybe => growing,
        };
        let why = match why.help {
            Some(help) => format!("{}; {help}", why.message),
            None => why.message,
        };
        let _gate = self.inner.gate.read().await;
        if failures == TOLD_AFTER && self.is_still_there(row).await? {
            let text =
                format!("{} cannot be started by trigger {}, which failed {TOLD_AFTER} times in a row: {why}", row.workflow, row.place + 1);
            let about = format!("{}:{}:{}", row.place, row.version, row.fired);
            self.tell(Notice { kind: "trigger_failed", about: &about, at: now, workflow: &row.workflow, run: None, text }).await?;
        }
        let state = Memory { failures, ..memory }.write();
        let next_at = Some(later(now, signed(pause)).as_microsecond());
        self.parts().store.advance_trigger(TriggerAdvance { next_at, state, trouble: Some(why), ..advance_of(row) }).await?;
        Ok(())
    }

    async fn is_still_there(&self, row: &TriggerRow) -> Result<bool, StoreError> {
        let rows = self.parts().store.triggers_of(&row.workflow).await?;
        Ok(rows.iter().any(|now| now.place == row.place && now.version == row.version && now.body == row.body))
    }
}

fn signed(length: Duration) -> SignedDuration {
    SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX)
}

/// How often in a row a trigger that looks has failed, once that is worth telling.
pub(super) fn alarm(row: &TriggerRow) -> Option<String> {
    let failures = Memory::read(&row.state).failures;
    let why = row.trouble.as_ref()?;
    (failures >= TOLD_AFTER).then(|| format!("it failed {failures} times in a row: {why}"))
}
