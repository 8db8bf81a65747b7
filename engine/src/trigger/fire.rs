//! Due triggers: schedules fire, sources look.

use super::notices::Notice;
use super::service::{Refusal, TriggerService, later};
use super::start::{Target, advance_of, started_by};
use crate::run::EngineError;
use crate::schedule::{Decision, Going, Misfire, Policy, Timing, TimingProblem, decide};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use sayflow_protocol::workflow::{Overlap, Trigger};
use sayflow_store::{StoreError, TriggerAdvance, TriggerRow};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How many workflows fire at once.
const AT_ONCE: usize = 16;
/// When a trigger that cannot start its workflow is tried again.
const MENDED_BY: SignedDuration = SignedDuration::from_mins(5);
/// A schedule that is asked so late raises the alarm.
pub(super) const ALARM_AFTER: SignedDuration = SignedDuration::from_mins(10);

impl TriggerService {
    /// Does what due triggers want. One that fails does not hold up the others; the last failure of the store is told.
    pub(super) async fn fire_due(&self, due: Vec<TriggerRow>, now: Timestamp) -> Result<(), StoreError> {
        let _gate = self.inner.gate.read().await;
        // Those of one workflow one after another: they look whether it is running.
        let mut workflows: BTreeMap<String, Vec<TriggerRow>> = BTreeMap::new();
        for row in due {
            workflows.entry(row.workflow.clone()).or_default().push(row);
        }
        let done = stream::iter(workflows.into_values()).map(|rows| async move {
            let mut failed = Ok(());
            for row in rows {
                if let Err(why) = self.fire(&row, now).await {
                    tracing::warn!(workflow = row.workflow, place = row.place, %why, "a trigger waits for the store");
                    failed = Err(why);
                }
            }
            failed
        });
        let results: Vec<Result<(), StoreError>> = done.buffer_unordered(AT_ONCE).collect().await;
        results.into_iter().collect()
    }

    async fn fire(&self, row: &TriggerRow, now: Timestamp) -> Result<(), StoreError> {
        match serde_json::from_str(&row.body) {
            Ok(trigger @ Trigger::Schedule { .. }) => self.fire_schedule(row, &trigger, now).await,
            Ok(trigger @ (Trigger::Feed { .. } | Trigger::File { .. })) => self.begin_look(row, trigger, now).await,
            Ok(_) => self.never_again(row).await,
            Err(why) => self.troubled(row, now, &format!("the trigger cannot be read: {why}")).await,
        }
    }

    async fn never_again(&self, row: &TriggerRow) -> Result<(), StoreError> {
        self.parts().store.advance_trigger(TriggerAdvance { next_at: None, ..advance_of(row) }).await?;
        Ok(())
    }

    async fn fire_schedule(&self, row: &TriggerRow, trigger: &Trigger, now: Timestamp) -> Result<(), StoreError> {
        let (timing, policy) = match read(trigger) {
            Ok(read) => read,
            Err(why) => return self.troubled(row, now, &why.to_string()).await,
        };
        let handled = row.last_at.or(row.next_at).and_then(|at| Timestamp::from_microsecond(at).ok()).unwrap_or(now);
        let going = match policy.overlap {
            Overlap::Skip => self.going(&row.workflow).await?,
            Overlap::Queue | Overlap::Parallel => Going::Nothing,
        };
        let decision = decide(&timing, handled, now, policy, going);
        self.tell_if_late(row, now, &decision).await?;
        let Some((last, earlier)) = decision.fire.split_last() else {
            let advance = TriggerAdvance {
                next_at: decision.next_at.map(Timestamp::as_microsecond),
                last_at: Some(decision.handled.as_microsecond()),
                trouble: None,
                ..advance_of(row)
            };
            self.parts().store.advance_trigger(advance).await?;
            return Ok(());
        };
        let target = match self.schedule_target(row, policy).await {
            Ok(target) => target,
            Err(why) => return self.refused(row, now, why).await,
        };
        for (at, next) in earlier.iter().zip(&decision.fire[1..]) {
            if let Err(why) = self.fire_at(row, &target, *at, *at, Some(*next)).await {
                return self.refused(row, now, why).await;
            }
        }
        match self.fire_at(row, &target, *last, decision.handled, decision.next_at).await {
            Ok(()) => Ok(()),
            Err(why) => self.refused(row, now, why).await,
        }
    }

    /// Starts the run of one fire time; that the time has been dealt with is durable with the run.
    async fn fire_at(
        &self,
        row: &TriggerRow,
        target: &Target,
        at: Timestamp,
        handled: Timestamp,
        next: Option<Timestamp>,
    ) -> Result<(), EngineError> {
        let trigger = started_by("schedule", at, Value::Null, Map::new());
        let mut request = target.request(format!("schedule:{}:{at}", row.place), trigger);
        request.advance = Some(TriggerAdvance {
            next_at: next.map(Timestamp::as_microsecond),
            last_at: Some(handled.as_microsecond()),
            trouble: None,
            fired: 1,
            ..advance_of(row)
        });
        self.parts().engine.start(request).await.map(|_| ())
    }

    /// What a schedule starts. One that queues gets a document in which one run at a time is in progress.
    async fn schedule_target(&self, row: &TriggerRow, policy: Policy) -> Result<Target, EngineError> {
        let mut target = self.target(row).await?;
        let workflow = &target.workflow.plan.workflow;
        if policy.overlap == Overlap::Queue && workflow.concurrency != Some(1) {
            let mut one_at_a_time = workflow.clone();
            one_at_a_time.concurrency = Some(1);
            target.workflow = self.parts().engine.compile(&one_at_a_time)?;
        }
        Ok(target)
    }

    async fn going(&self, workflow: &str) -> Result<Going, StoreError> {
        let store = &self.parts().store;
        let idle = store.count_running(workflow).await? == 0 && store.queued_runs(workflow, 1).await?.is_empty();
        Ok(if idle { Going::Nothing } else { Going::ARun })
    }

    /// Says once that a schedule was asked long after its time: the server was not running, or the machine slept.
    async fn tell_if_late(&self, row: &TriggerRow, now: Timestamp, decision: &Decision) -> Result<(), StoreError> {
        let Some(due) = row.next_at.and_then(|at| Timestamp::from_microsecond(at).ok()) else { return Ok(()) };
        let missed = decision.fire.len() + decision.skipped;
        // One that was put off has been told about already.
        if now.duration_since(due) < ALARM_AFTER || missed == 0 || row.trouble.is_some() {
            return Ok(());
        }
        let times = if missed == 1 { "a time".to_owned() } else { format!("{missed} times") };
        let outcome = match decision.fire.len() {
            0 => "nothing is made up for (misfire: skip)".to_owned(),
            1 => "one run makes up for it now".to_owned(),
            runs => format!("{runs} runs make up for it now"),
        };
        let text = format!(
            "{} should have run at {due} and has not: Sayflow was not running, or the machine slept. It missed {times}; {outcome}. \
             To run without gaps, keep a server running: sayflow serve",
            row.workflow
        );
        let about = row.place.to_string();
        self.tell(Notice { kind: "trigger_late", about: &about, at: due, workflow: &row.workflow, run: None, text }).await
    }

    /// What follows from a start that the engine refused.
    pub(super) async fn refused(&self, row: &TriggerRow, now: Timestamp, why: EngineError) -> Result<(), StoreError> {
        match why.into() {
            Refusal::Store(why) => Err(why),
            Refusal::Busy(pause) => {
                let pause = SignedDuration::try_from(pause).unwrap_or(MENDED_BY).clamp(SignedDuration::from_secs(1), MENDED_BY);
                self.put_off(row, later(now, pause), row.trouble.clone()).await
            }
            Refusal::Broken(why) => self.troubled(row, now, &why).await,
        }
    }

    /// Puts a trigger off because something has to be mended, and says so the first time. What is due stays due.
    pub(super) async fn troubled(&self, row: &TriggerRow, now: Timestamp, why: &str) -> Result<(), StoreError> {
        if row.trouble.as_deref() != Some(why) {
            let about = format!("{}:{}:{why}", row.place, row.version);
            let at = row.next_at.and_then(|at| Timestamp::from_microsecond(at).ok()).unwrap_or(now);
            let text = format!("{} does not start: trigger {}: {why}", row.workflow, row.place + 1);
            self.tell(Notice { kind: "trigger_failed", about: &about, at, workflow: &row.workflow, run: None, text }).await?;
        }
        self.put_off(row, later(now, MENDED_BY), Some(why.to_owned())).await
    }
}

/// The times and policies of a schedule.
fn read(trigger: &Trigger) -> Result<(Timing, Policy), TimingProblem> {
    let Trigger::Schedule { timezone, misfire, overlap, .. } = trigger else { return Err(TimingProblem::NoTime) };
    let timing = Timing::read(trigger, timezone.as_deref().unwrap_or("UTC"))?;
    // The checks refuse what is no policy.
    let misfire = misfire.as_deref().and_then(|text| text.parse().ok()).unwrap_or(Misfire::default());
    Ok((timing, Policy { misfire, overlap: overlap.unwrap_or(Overlap::Parallel) }))
}
