//! What a retried run does not do again: everything that ended well in the earlier run and does not hang on what is
//! done again.

use crate::plan::Plan;
use sayflow_protocol::event::{KeptResult, UnknownDecision};
use sayflow_protocol::workflow::{OnError, Step};
use sayflow_protocol::{BlockName, Event, InstanceKey, RecordedEvent};
use std::collections::{HashMap, HashSet};

/// Where a retried run begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryFrom {
    /// At what failed, was stopped or is unknown. Items of a loop that ended well are kept.
    Failed,
    /// At a step (`id`, or `group/inner`), whatever became of it.
    Step(InstanceKey),
    /// At the beginning: nothing is kept.
    Start,
}

/// The results to keep, in journal order, and the units that are done again although nobody knows whether they were done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept {
    /// What is taken over.
    pub results: Vec<KeptResult>,
    /// Writes with an unknown outcome that are sent again.
    pub unknown: Vec<InstanceKey>,
}

/// Chooses what to keep of a journal. `old` is the plan that it was made with, `new` the plan that goes on; steps that say
/// something else in the new one are done again, with everything behind them.
pub fn kept_results(old: &Plan, new: &Plan, events: &[RecordedEvent], from: &RetryFrom) -> Kept {
    if *from == RetryFrom::Start {
        return Kept::default();
    }
    let units = Units::read(events);
    let mut again = Again { plan: old, prefixes: HashSet::new() };
    match from {
        RetryFrom::Step(key) => again.add(key),
        RetryFrom::Failed => units.open(old).into_iter().for_each(|key| again.add(&key)),
        RetryFrom::Start => {}
    }
    for changed in changed_steps(old, new) {
        again.add(&changed);
    }
    let mut kept = Kept { results: Vec::new(), unknown: units.unknown.clone() };
    for recorded in events {
        if let Some(result) = units.result_of(&recorded.event)
            && key_of(&result).block == BlockName::Main
            && !again.covers(key_of(&result))
        {
            kept.results.push(result);
        }
    }
    kept
}

fn key_of(result: &KeptResult) -> &InstanceKey {
    match result {
        KeptResult::Condition { key, .. }
        | KeptResult::Items { key, .. }
        | KeptResult::Output { key, .. }
        | KeptResult::Forgiven { key, .. } => key,
    }
}

/// How the units of a journal ended.
#[derive(Default)]
struct Units {
    /// The place in the journal of the last word about a unit: well, or badly.
    last: HashMap<InstanceKey, End>,
    unknown: Vec<InstanceKey>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Badly,
    Open,
}

impl Units {
    fn read(events: &[RecordedEvent]) -> Self {
        let mut units = Self::default();
        for recorded in events {
            let (key, end) = match &recorded.event {
                Event::StepStarted { key, .. }
                | Event::StepWaiting { key, .. }
                | Event::ApprovalRequested { key, .. }
                | Event::CallStarted { key, .. }
                | Event::StepCancelled { key, .. } => (key, End::Open),
                Event::StepSucceeded { key, .. } | Event::StepKept { key, .. } => (key, End::Well),
                Event::StepFailed { key, .. } => (key, End::Badly),
                Event::StepOutcomeUnknown { key, .. } => {
                    units.unknown.push(key.clone());
                    (key, End::Open)
                }
                Event::UnknownResolved { key, decision, .. } => {
                    units.unknown.retain(|open| open != key);
                    match decision {
                        UnknownDecision::Skip => (key, End::Well),
                        _ => (key, End::Badly),
                    }
                }
                _ => continue,
            };
            units.last.insert(key.unit(), end);
        }
        units
    }

    /// The units that have to be done again: those that ended badly and were not forgiven, and those that did not end.
    fn open(&self, plan: &Plan) -> Vec<InstanceKey> {
        let forgives =
            |key: &InstanceKey| plan.locate(key).is_some_and(|(block, place)| plan.block(block).steps[place].on_error == OnError::Continue);
        let mut open: Vec<InstanceKey> = self
            .last
            .iter()
            .filter(|(key, end)| match end {
                End::Well => false,
                End::Badly => !forgives(key),
                End::Open => true,
            })
            .map(|(key, _)| key.clone())
            .collect();
        open.sort();
        open
    }

    /// What an event leaves for a retried run. Of a unit with several endings (attempts, iterations) the last counts.
    fn result_of(&self, event: &Event) -> Option<KeptResult> {
        match event {
            Event::ConditionDecided { key, value, .. } => Some(KeptResult::Condition { key: key.clone(), value: *value }),
            Event::ItemsResolved { key, items } => Some(KeptResult::Items { key: key.clone(), items: items.clone() }),
            Event::StepSucceeded { key, output, .. } | Event::StepKept { key, output }
                if self.last.get(&key.unit()) == Some(&End::Well) =>
            {
                Some(KeptResult::Output { key: key.unit(), output: output.clone() })
            }
            Event::UnknownResolved { key, decision: UnknownDecision::Skip, .. } if self.last.get(&key.unit()) == Some(&End::Well) => {
                Some(KeptResult::Output { key: key.unit(), output: serde_json::Value::Null })
            }
            Event::StepFailed { key, error, retry_at: None, .. } if self.last.get(&key.unit()) == Some(&End::Badly) => {
                Some(KeptResult::Forgiven { key: key.unit(), error: error.clone() })
            }
            _ => None,
        }
    }
}

/// What is done again: instances, with all that hangs on them.
struct Again<'p> {
    plan: &'p Plan,
    prefixes: HashSet<InstanceKey>,
}

impl Again<'_> {
    /// An instance is done again, and so is all that waits for it, in its own block and in those around it.
    fn add(&mut self, key: &InstanceKey) {
        self.prefixes.insert(key.clone());
        let mut at = key.clone();
        while !at.path.is_empty() {
            let parent = at.parent();
            if let Some((block, place)) = self.plan.locate(&at) {
                let steps = &self.plan.block(block).steps;
                let mut next: Vec<usize> = steps[place].dependents.clone();
                let mut seen = HashSet::new();
                while let Some(dependent) = next.pop() {
                    if seen.insert(dependent) {
                        self.prefixes.insert(parent.child(&steps[dependent].id));
                        next.extend(steps[dependent].dependents.iter().copied());
                    }
                }
            }
            at = parent;
        }
    }

    /// Whether an instance is among them.
    fn covers(&self, key: &InstanceKey) -> bool {
        (1..=key.path.len()).any(|depth| {
            let exact = InstanceKey { block: key.block, path: key.path[..depth].to_vec() };
            if self.prefixes.contains(&exact) || self.prefixes.contains(&exact.step_key()) {
                return true;
            }
            self.prefixes.contains(&exact.unit())
        })
    }
}

/// Steps that say something else in the new document, or are not there any more.
fn changed_steps(old: &Plan, new: &Plan) -> Vec<InstanceKey> {
    let mut changed = Vec::new();
    compare(&old.workflow.steps, &new.workflow.steps, &InstanceKey::root(BlockName::Main), &mut changed);
    changed
}

fn compare(old: &[Step], new: &[Step], at: &InstanceKey, changed: &mut Vec<InstanceKey>) {
    for step in old {
        let key = at.child(&step.id);
        match new.iter().find(|other| other.id == step.id) {
            Some(other) if other == step => {}
            Some(other) if step.is_group() && other.is_group() && same_shell(step, other) => {
                compare(&step.steps, &other.steps, &key, changed);
            }
            _ => changed.push(key),
        }
    }
}

/// Whether two groups differ in nothing but their steps.
fn same_shell(a: &Step, b: &Step) -> bool {
    let shell = |step: &Step| Step { steps: Vec::new(), outputs: indexmap::IndexMap::new(), ..step.clone() };
    shell(a) == shell(b)
}
