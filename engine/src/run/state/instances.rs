//! The instances that are in progress, counted by what they wait for, so that asking where a run stands costs the
//! same however many there are.

use jiff::Timestamp;
use sayflow_protocol::event::ApprovalQuestion;
use sayflow_protocol::{ApprovalId, Effect, InstanceKey, RunError, RunId};
use serde_json::Value;
use std::collections::HashMap;

/// An instance that is in progress: one attempt series of an action, or a running group instance.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub(super) attempt: u32,
    pub(super) effect: Effect,
    stage: InstanceStage,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum InstanceStage {
    /// An attempt should begin.
    Ready,
    /// An attempt is in flight.
    Running,
    /// Between attempts or iterations.
    Paused(Timestamp),
    /// Until a time; then it is done with the output.
    Waiting(Timestamp, Value),
    /// A write whose outcome nobody knows.
    Unknown(RunError),
    /// Until a person decides.
    Asking(ApprovalId, Box<ApprovalQuestion>),
    /// A person decided, or it is known how the called run ended; how the attempt ended is to be journalled.
    Answered,
    /// Until another run has ended.
    Calling(RunId, String),
    /// It ended well and its `until` is being judged.
    JudgingUntil(Value),
    /// A group instance: its frame is in progress.
    Group(Option<Timestamp>),
    /// A group instance whose outputs are being evaluated.
    GroupClosing,
}

impl InstanceStage {
    fn class(&self) -> Class {
        match self {
            Self::Ready => Class::Ready,
            Self::Running | Self::Answered | Self::JudgingUntil(_) => Class::Busy,
            Self::Paused(_) | Self::Waiting(..) => Class::Timed,
            Self::Unknown(_) => Class::Unknown,
            Self::Asking(..) => Class::Asking,
            Self::Calling(..) => Class::Calling,
            Self::Group(_) | Self::GroupClosing => Class::Group,
        }
    }
}

/// What instances are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Ready,
    Busy,
    Timed,
    Unknown,
    Asking,
    Calling,
    Group,
}

const CLASSES: usize = 7;

/// All instances that are in progress.
#[derive(Debug, Default)]
pub(super) struct Instances {
    all: HashMap<InstanceKey, Instance>,
    counts: [usize; CLASSES],
}

impl Instance {
    pub(super) fn stage(&self) -> &InstanceStage {
        &self.stage
    }
}

impl Instances {
    pub(super) fn get(&self, key: &InstanceKey) -> Option<&Instance> {
        self.all.get(key)
    }

    pub(super) fn stage(&self, key: &InstanceKey) -> Option<&InstanceStage> {
        self.all.get(key).map(|instance| &instance.stage)
    }

    pub(super) fn contains(&self, key: &InstanceKey) -> bool {
        self.all.contains_key(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&InstanceKey, &Instance)> {
        self.all.iter()
    }

    /// How many there are of a class.
    pub(super) fn count(&self, class: Class) -> usize {
        self.counts[class as usize]
    }

    /// Adds an instance, or sets one back to its beginning.
    pub(super) fn insert(&mut self, key: InstanceKey, attempt: u32, effect: Effect, stage: InstanceStage) {
        self.counts[stage.class() as usize] += 1;
        if let Some(before) = self.all.insert(key, Instance { attempt, effect, stage }) {
            self.counts[before.stage.class() as usize] -= 1;
        }
    }

    /// Changes the stage; whether there is such an instance.
    pub(super) fn set_stage(&mut self, key: &InstanceKey, stage: InstanceStage) -> bool {
        let Some(instance) = self.all.get_mut(key) else { return false };
        self.counts[instance.stage.class() as usize] -= 1;
        self.counts[stage.class() as usize] += 1;
        instance.stage = stage;
        true
    }

    pub(super) fn set_attempt(&mut self, key: &InstanceKey, attempt: u32) {
        if let Some(instance) = self.all.get_mut(key) {
            instance.attempt = attempt;
        }
    }

    pub(super) fn remove(&mut self, key: &InstanceKey) -> Option<Instance> {
        let gone = self.all.remove(key)?;
        self.counts[gone.stage.class() as usize] -= 1;
        Some(gone)
    }

    /// The keys for which `wanted` says yes, in order.
    pub(super) fn keys_where(&self, wanted: impl Fn(&InstanceKey, &Instance) -> bool) -> Vec<InstanceKey> {
        let mut keys: Vec<InstanceKey> =
            self.all.iter().filter(|(key, instance)| wanted(key, instance)).map(|(key, _)| key.clone()).collect();
        keys.sort();
        keys
    }
}
