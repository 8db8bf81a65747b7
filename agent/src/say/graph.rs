//! A workflow as a graph for people.

use super::label::label;
use super::needs::needs;
use sayflow_engine::action::Catalogue;
use sayflow_protocol::api::draft::GraphNode;
use sayflow_protocol::workflow::Step;
use sayflow_protocol::{Effect, Workflow};
use serde_json::Map;

/// Its steps in document order; a group is one node.
pub fn graph(workflow: &Workflow, catalogue: &Catalogue) -> Vec<GraphNode> {
    let node = |step: &Step| GraphNode {
        id: step.id.clone(),
        uses: step.uses.clone().unwrap_or_else(|| "group".to_owned()),
        label: label(step, catalogue),
        needs: needs(step, &workflow.steps),
        effect: effect(step, catalogue),
    };
    workflow.steps.iter().map(node).collect()
}

/// The strongest effect of a step and those in it. An action that is not in the catalogue has none.
fn effect(step: &Step, catalogue: &Catalogue) -> Effect {
    let with: Map<_, _> = step.with.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let own = step.uses.as_deref().and_then(|id| catalogue.spec(id)).map_or(Effect::None, |spec| spec.effect_of(&with));
    step.steps.iter().map(|inner| effect(inner, catalogue)).fold(own, Effect::max)
}
