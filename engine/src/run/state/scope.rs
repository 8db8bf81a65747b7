//! What the expressions of a step see.

use super::{End, Frame, RunState};
use crate::expr::{Reference, Scope};
use sayflow_protocol::{BlockName, InstanceKey};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

impl RunState {
    /// The values that the references need, as seen from a step instance (or a block's root). `steps` holds only the
    /// steps that are referred to.
    pub fn scope(&self, key: &InstanceKey, references: &[Reference]) -> Scope {
        let mut scope = Scope::default();
        scope.values.insert("inputs".into(), self.inputs.clone());
        scope.values.insert("trigger".into(), self.trigger.clone());
        if let Some(error) = &self.error {
            scope.values.insert("error".into(), Arc::new(json!({ "step": error.step, "code": error.code, "message": error.message })));
        }
        let wanted: BTreeSet<&str> =
            references.iter().filter(|r| r.root == "steps").filter_map(|r| r.path.first()).map(String::as_str).collect();
        scope.values.insert("steps".into(), Arc::new(Value::Object(self.visible_steps(key, &wanted))));
        if let Some((item, index)) = self.innermost_item(key) {
            scope.values.insert("item".into(), Arc::new(item));
            scope.values.insert("index".into(), Arc::new(json!(index)));
        }
        scope
    }

    /// Whether a dry run made up the output of any step that is referred to.
    pub fn refers_to_simulated(&self, key: &InstanceKey, references: &[Reference]) -> bool {
        references
            .iter()
            .filter(|r| r.root == "steps")
            .filter_map(|r| r.path.first())
            .any(|id| self.find_visible(key, id).is_some_and(|(frame, place)| frame.steps[place].simulated))
            || (references.iter().any(|r| r.root == "item") && self.item_is_simulated(key))
    }

    fn item_is_simulated(&self, key: &InstanceKey) -> bool {
        let Some(depth) = key.path.iter().rposition(|segment| segment.item.is_some()) else { return false };
        let owner = InstanceKey { block: key.block, path: key.path[..=depth].to_vec() };
        let list = self.plan_step(&owner).and_then(|step| step.for_each.as_ref());
        list.is_some_and(|list| self.refers_to_simulated(&owner.parent(), list.references()))
    }

    fn visible_steps(&self, key: &InstanceKey, wanted: &BTreeSet<&str>) -> Map<String, Value> {
        let mut steps = Map::new();
        for &id in wanted {
            let Some((frame, place)) = self.find_visible(key, id) else { continue };
            let state = &frame.steps[place];
            let status = match state.end() {
                Some(End::Succeeded | End::Forgiven) => "succeeded",
                Some(End::Failed) => "failed",
                Some(End::Skipped(_)) => "skipped",
                Some(End::Cancelled) => "cancelled",
                None => "pending",
            };
            let error = state.error.as_ref().map(|e| json!({ "code": e.code, "message": e.message }));
            steps.insert(id.to_owned(), json!({ "output": *state.output, "error": error, "status": status }));
        }
        steps
    }

    /// The nearest frame outwards that has a step with the id: inner steps see outer ones, not the reverse.
    fn find_visible(&self, key: &InstanceKey, id: &str) -> Option<(&Frame, usize)> {
        for depth in (0..=key.path.len()).rev() {
            let at = InstanceKey { block: key.block, path: key.path[..depth].to_vec() };
            if let Some(found) = self.step_of_frame(&at, id) {
                return Some(found);
            }
        }
        (key.block == BlockName::OnFailure).then(|| self.step_of_frame(&InstanceKey::root(BlockName::Main), id)).flatten()
    }

    fn step_of_frame(&self, at: &InstanceKey, id: &str) -> Option<(&Frame, usize)> {
        let frame = self.frames.get(at)?;
        let place = *self.plan.block(frame.block).index.get(id)?;
        Some((frame, place))
    }

    fn innermost_item(&self, key: &InstanceKey) -> Option<(Value, u32)> {
        let depth = key.path.iter().rposition(|segment| segment.item.is_some())?;
        let index = key.path[depth].item?;
        let mut owner = InstanceKey { block: key.block, path: key.path[..=depth].to_vec() };
        owner = owner.step_key();
        let items = self.step_state(&owner)?.items.as_ref()?;
        Some((items.items.get(index as usize)?.clone(), index))
    }
}
