//! What an earlier run found out, for a run that tries it again: those parts are taken over instead of done.

use sayflow_protocol::event::KeptResult;
use sayflow_protocol::{InstanceKey, RunError};
use serde_json::Value;
use std::collections::HashMap;

/// The results of the earlier run, by the instance that they belong to. Outputs and failures are taken out when they
/// have been used.
#[derive(Debug, Default)]
pub(super) struct Kept {
    conditions: HashMap<InstanceKey, bool>,
    items: HashMap<InstanceKey, Vec<Value>>,
    outputs: HashMap<InstanceKey, Value>,
    failures: HashMap<InstanceKey, RunError>,
}

impl Kept {
    pub(super) fn take_in(&mut self, results: &[KeptResult]) {
        for result in results {
            match result {
                KeptResult::Condition { key, value } => {
                    self.conditions.insert(key.clone(), *value);
                }
                KeptResult::Items { key, items } => {
                    self.items.insert(key.clone(), items.clone());
                }
                KeptResult::Output { key, output } => {
                    self.outputs.insert(key.clone(), output.clone());
                }
                KeptResult::Forgiven { key, error } => {
                    self.failures.insert(key.clone(), error.clone());
                }
            }
        }
    }

    pub(super) fn condition(&self, key: &InstanceKey) -> Option<bool> {
        self.conditions.get(key).copied()
    }

    pub(super) fn items(&self, key: &InstanceKey) -> Option<&Vec<Value>> {
        self.items.get(key)
    }

    pub(super) fn output(&self, unit: &InstanceKey) -> Option<&Value> {
        self.outputs.get(unit)
    }

    pub(super) fn failure(&self, unit: &InstanceKey) -> Option<&RunError> {
        self.failures.get(unit)
    }

    pub(super) fn has_output(&self, unit: &InstanceKey) -> bool {
        self.outputs.contains_key(unit)
    }

    pub(super) fn has_failure(&self, unit: &InstanceKey) -> bool {
        self.failures.contains_key(unit)
    }

    pub(super) fn use_output(&mut self, unit: &InstanceKey) -> bool {
        self.outputs.remove(unit).is_some()
    }

    pub(super) fn use_failure(&mut self, unit: &InstanceKey) -> bool {
        self.failures.remove(unit).is_some()
    }
}
