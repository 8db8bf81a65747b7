//! A workflow as a graph for people.

use super::label::label;
use super::needs::needs;
use sayflow_engine::action::Catalogue;
use sayflow_protocol::api::draft::GraphNode;
use sayflow_protocol::workflow::Step;
use sayflow_protocol::{Effect, Workflow};
use serde_json::Map;
use std::collections::{HashMap, HashSet};

/// Its steps in document order; a group is one node. A step that comes before another one on a longer way too is
/// left out of that one's `needs`, so that the picture has no line that says nothing.
pub fn graph(workflow: &Workflow, catalogue: &Catalogue) -> Vec<GraphNode> {
    let node = |step: &Step| GraphNode {
        id: step.id.clone(),
        uses: step.uses.clone().unwrap_or_else(|| "group".to_owned()),
        label: label(step, catalogue),
        needs: needs(step, &workflow.steps),
        effect: effect(step, catalogue),
    };
    let mut nodes: Vec<GraphNode> = workflow.steps.iter().map(node).collect();
    leave_out_shortcuts(&mut nodes);
    nodes
}

fn leave_out_shortcuts(nodes: &mut [GraphNode]) {
    let before: Vec<HashSet<String>> = nodes.iter().map(|node| all_before(node, nodes)).collect();
    let place: HashMap<String, usize> = nodes.iter().enumerate().map(|(place, node)| (node.id.clone(), place)).collect();
    for (own, node) in nodes.iter_mut().enumerate() {
        let needs = node.needs.clone();
        // A cycle is a draft's fault that the checks tell; its lines all stay.
        let is_cyclic = before[own].contains(&node.id);
        let longer_way = |id: &String| needs.iter().any(|other| other != id && before[place[other]].contains(id));
        node.needs.retain(|id| is_cyclic || !longer_way(id));
    }
}

/// The ids of all steps on the ways to a node.
fn all_before(node: &GraphNode, nodes: &[GraphNode]) -> HashSet<String> {
    let mut seen = HashSet::new();
    let mut open: Vec<&String> = node.needs.iter().collect();
    while let Some(id) = open.pop() {
        if seen.insert(id.clone()) {
            open.extend(nodes.iter().filter(|other| other.id == *id).flat_map(|other| &other.needs));
        }
    }
    seen
}

/// The strongest effect of a step and those in it. An action that is not in the catalogue has none.
fn effect(step: &Step, catalogue: &Catalogue) -> Effect {
    let with: Map<_, _> = step.with.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let own = step.uses.as_deref().and_then(|id| catalogue.spec(id)).map_or(Effect::None, |spec| spec.effect_of(&with));
    step.steps.iter().map(|inner| effect(inner, catalogue)).fold(own, Effect::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs_of(edges: &[(&str, &[&str])]) -> Vec<String> {
        let node = |(id, needs): &(&str, &[&str])| GraphNode {
            id: (*id).to_owned(),
            uses: "x".to_owned(),
            label: String::new(),
            needs: needs.iter().map(|&id| id.to_owned()).collect(),
            effect: Effect::None,
        };
        let mut nodes: Vec<GraphNode> = edges.iter().map(node).collect();
        leave_out_shortcuts(&mut nodes);
        nodes.into_iter().map(|node| format!("{}<-{}", node.id, node.needs.join(","))).collect()
    }

    #[test]
    fn shortcuts_are_left_out() {
        let told = needs_of(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["a", "b", "c"])]);
        assert_eq!(told, ["a<-", "b<-a", "c<-a", "d<-b,c"]);
    }

    #[test]
    fn a_cycle_keeps_its_lines() {
        assert_eq!(needs_of(&[("a", &["b"]), ("b", &["a"])]), ["a<-b", "b<-a"]);
    }
}
