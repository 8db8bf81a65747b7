//! E0209: steps that wait for each other, named step by step.

use super::report::Report;
use super::survey::Survey;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for list in 0..survey.lists.len() {
        let graph = needs_of(survey, list);
        let mut loops: Vec<Vec<NodeIndex>> = tarjan_scc(&graph).into_iter().filter(|part| part.len() > 1).collect();
        for part in &mut loops {
            part.sort();
            let way = way_round(&graph, part);
            let names: Vec<&str> = way.iter().map(|node| survey.sites[graph[*node]].step.id.as_str()).collect();
            let Some(first) = way.first() else { continue };
            let message = format!("steps wait for each other: {}", names.join(" -> "));
            let help = "a -> b means that a needs b; take one of these references or needs out";
            report.error("E0209", &survey.sites[graph[*first]].pointer, message, Some(help.to_owned()));
        }
    }
}

/// The graph of a list: an edge from each step to those that it needs.
fn needs_of(survey: &Survey<'_>, list: usize) -> DiGraph<usize, ()> {
    let mut graph = DiGraph::new();
    let nodes: HashMap<usize, NodeIndex> = survey.lists[list].sites.iter().map(|site| (*site, graph.add_node(*site))).collect();
    for site in &survey.lists[list].sites {
        for needed in &survey.needs[*site] {
            if let (Some(from), Some(to)) = (nodes.get(site), nodes.get(needed)) {
                graph.update_edge(*from, *to, ());
            }
        }
    }
    graph
}

/// The shortest way from the first node of a strongly connected part back to it.
fn way_round(graph: &DiGraph<usize, ()>, part: &[NodeIndex]) -> Vec<NodeIndex> {
    let Some(start) = part.first().copied() else { return Vec::new() };
    let mut before: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let mut next: Vec<NodeIndex> = graph.neighbors(node).filter(|next| part.contains(next)).collect();
        next.sort();
        for next in next {
            if next == start {
                let mut way = vec![start, node];
                let mut at = node;
                while let Some(previous) = before.get(&at) {
                    way.push(*previous);
                    at = *previous;
                }
                if at != start || way.last() != Some(&start) {
                    way.push(start);
                }
                way.reverse();
                way.dedup();
                return way;
            }
            if let Entry::Vacant(unseen) = before.entry(next) {
                unseen.insert(node);
                queue.push_back(next);
            }
        }
    }
    part.to_vec()
}
