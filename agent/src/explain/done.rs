//! What a run wrote and sent, what it did not, and of what nobody knows.

use super::Known;
use super::situation::{effect_of, named, path_of};
use sayflow_protocol::event::Event;
use sayflow_protocol::workflow::Step;
use sayflow_protocol::{Effect, RunView, StepStatus, StepView, Workflow};
use std::collections::BTreeMap;

/// The writes of a run, in words.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Writes {
    pub done: Vec<String>,
    pub undone: Vec<String>,
    pub unknown: Vec<String>,
}

/// What became of the instances of one step.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    done: usize,
    unknown: usize,
    all: usize,
}

/// What became of every step that writes.
pub(super) fn writes(workflow: &Workflow, run: &RunView, known: &Known<'_>) -> Writes {
    let counts = counts(known);
    let mut found = Writes::default();
    // Of a run whose steps are not known nothing can be said.
    if run.steps.is_empty() && known.journal.is_empty() {
        return found;
    }
    let mut tell = |path: &str, step: &Step| {
        let name = named(path, step, known);
        let count = counts.get(path).copied();
        let view = shown(run, path);
        let status = view.map(|view| view.status);
        let simulated = view.is_some_and(|view| view.simulated);
        let items = view.and_then(|view| view.items);
        let (done, all, unknown) = match (count, items) {
            (Some(count), _) if path.contains('/') => {
                (count.done, count.all.max(items.map_or(0, |items| items.total as usize)), count.unknown)
            }
            (_, Some(items)) => (items.succeeded as usize, items.total as usize, count.map_or(0, |count| count.unknown)),
            (Some(count), None) => (count.done, count.all, count.unknown),
            (None, None) => (usize::from(status == Some(StepStatus::Succeeded)), 1, 0),
        };
        let forgiven = view.is_some_and(|view| view.status == StepStatus::Succeeded && view.error.is_some());
        if unknown > 0 || status == Some(StepStatus::OutcomeUnknown) {
            found.unknown.push(name.clone());
        }
        match (done, all) {
            _ if simulated || forgiven => {}
            (0, _) => found.undone.push(why_not(&name, view.and_then(|view| view.skipped_because.as_deref()))),
            (done, all) if done < all => found.done.push(format!("{name}, {done} of {all}")),
            (1, 1) => found.done.push(name),
            (done, _) => found.done.push(format!("{name}, {done} times")),
        }
    };
    each_write(&workflow.steps, "", known, &mut tell);
    found
}

/// The step as the run shows it; what is in a loop shows as the loop.
fn shown<'a>(run: &'a RunView, path: &str) -> Option<&'a StepView> {
    let mut at = path;
    loop {
        if let Some(view) = run.steps.iter().find(|view| view.id == at) {
            return Some(view);
        }
        at = at.rsplit_once('/')?.0;
    }
}

fn why_not(name: &str, because: Option<&str>) -> String {
    match because {
        Some(because) => format!("{name}, because {because}"),
        None => name.to_owned(),
    }
}

fn each_write(steps: &[Step], prefix: &str, known: &Known<'_>, tell: &mut dyn FnMut(&str, &Step)) {
    for step in steps {
        let path = format!("{prefix}{}", step.id);
        if effect_of(step, known) == Effect::Write {
            tell(&path, step);
        }
        each_write(&step.steps, &format!("{path}/"), known, tell);
    }
}

/// By the step's path: how many of its instances were begun, done, and left unknown.
fn counts(known: &Known<'_>) -> BTreeMap<String, Count> {
    let mut found: BTreeMap<String, Count> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for recorded in known.journal {
        match &recorded.event {
            Event::StepStarted { key, .. } if seen.insert(key.clone()) => found.entry(path_of(key)).or_default().all += 1,
            Event::StepSucceeded { key, simulated: false, .. } | Event::StepKept { key, .. } => {
                found.entry(path_of(key)).or_default().done += 1;
            }
            Event::StepOutcomeUnknown { key, .. } => found.entry(path_of(key)).or_default().unknown += 1,
            Event::UnknownResolved { key, .. } => {
                let count = found.entry(path_of(key)).or_default();
                count.unknown = count.unknown.saturating_sub(1);
            }
            _ => {}
        }
    }
    for count in found.values_mut() {
        count.all = count.all.max(count.done);
    }
    found
}
