//! What is known about the instance of a step that failed or waits.

use super::Known;
use crate::say;
use sayflow_engine::action::ActionSpec;
use sayflow_protocol::event::Event;
use sayflow_protocol::workflow::Step;
use sayflow_protocol::{BlockName, Effect, InstanceKey, RunError, RunView, StepView, Workflow};
use serde_json::{Map, Value};

/// An instance of a step, with all that is known of it.
pub(super) struct Situation<'a> {
    pub workflow: &'a Workflow,
    pub run: &'a RunView,
    pub known: &'a Known<'a>,
    pub error: &'a RunError,
    pub key: InstanceKey,
    /// The step's path, such as `each/send`.
    pub path: String,
    pub step: &'a Step,
    /// The declaration of its action; none for a group.
    pub spec: Option<&'a ActionSpec>,
}

impl<'a> Situation<'a> {
    /// Of the step that an error names; none when the workflow has no such step.
    pub(super) fn of(workflow: &'a Workflow, run: &'a RunView, known: &'a Known<'a>, error: &'a RunError) -> Option<Self> {
        let key: InstanceKey = error.step.as_deref()?.parse().ok()?;
        let step = step_of(workflow, &key)?;
        let spec = step.uses.as_deref().and_then(|uses| known.catalogue.spec(uses));
        Some(Self { workflow, run, known, error, path: path_of(&key), key, step, spec })
    }

    /// What the step does to the world, as the document has it.
    pub(super) fn effect(&self) -> Effect {
        effect_of(self.step, self.known)
    }

    /// The parameters that the last attempt was made with, as far as the journal has them.
    pub(super) fn input(&self) -> Option<&'a Value> {
        self.known.journal.iter().rev().find_map(|recorded| match &recorded.event {
            Event::StepStarted { key, input: Some(input), .. } if *key == self.key => Some(input),
            _ => None,
        })
    }

    /// How many attempts were made.
    pub(super) fn attempts(&self) -> usize {
        let begun =
            |recorded: &&sayflow_protocol::RecordedEvent| matches!(&recorded.event, Event::StepStarted { key, .. } if *key == self.key);
        match self.known.journal.iter().filter(begun).count() {
            0 => self.view().map_or(0, |view| view.attempts as usize),
            count => count,
        }
    }

    /// The step as the run shows it; inner steps of a loop are not shown one by one.
    pub(super) fn view(&self) -> Option<&'a StepView> {
        let shown = self.key.step_key().to_string();
        self.run.steps.iter().find(|view| view.id == shown || view.id == self.path)
    }

    /// The item of the nearest loop: its number from 1, how many there are, and the item.
    pub(super) fn item(&self) -> Option<(u32, Option<usize>, Option<&'a Value>)> {
        let depth = self.key.path.iter().rposition(|segment| segment.item.is_some())?;
        let number = self.key.path.get(depth)?.item?;
        let mut list = InstanceKey { block: self.key.block, path: self.key.path[..=depth].to_vec() };
        if let Some(last) = list.path.last_mut() {
            last.item = None;
            last.iteration = None;
        }
        let items = self.known.journal.iter().find_map(|recorded| match &recorded.event {
            Event::ItemsResolved { key, items } if *key == list => Some(items),
            _ => None,
        });
        Some((number + 1, items.map(Vec::len), items.and_then(|items| items.get(number as usize))))
    }

    /// What a step handed back in this run.
    pub(super) fn output_of(&self, id: &str) -> Option<&'a Value> {
        let mut around = path_of(&self.key.parent());
        loop {
            let path = if around.is_empty() { id.to_owned() } else { format!("{around}/{id}") };
            if let Some(output) = self.run.steps.iter().find(|view| view.id == path).and_then(|view| view.output.as_ref()) {
                return Some(output);
            }
            if around.is_empty() {
                return None;
            }
            around = around.rsplit_once('/').map_or_else(String::new, |(outer, _)| outer.to_owned());
        }
    }

    /// `step post (Send Slack message to #news)`.
    pub(super) fn name(&self) -> String {
        named(&self.path, self.step, self.known)
    }
}

/// A step in words.
pub(super) fn named(path: &str, step: &Step, known: &Known<'_>) -> String {
    let label = say::label(step, known.catalogue);
    let label = label.split(", for each of").next().unwrap_or_default().to_owned();
    if label.is_empty() || label.eq_ignore_ascii_case(path) { path.to_owned() } else { format!("{path} ({label})") }
}

/// The step of an instance.
pub(super) fn step_of<'a>(workflow: &'a Workflow, key: &InstanceKey) -> Option<&'a Step> {
    let mut steps = match key.block {
        BlockName::Main => &workflow.steps,
        BlockName::OnFailure => &workflow.on_failure,
    };
    let mut found = None;
    for segment in &key.path {
        let step = steps.iter().find(|step| step.id == segment.step)?;
        steps = &step.steps;
        found = Some(step);
    }
    found
}

/// The path of an instance's step.
pub(super) fn path_of(key: &InstanceKey) -> String {
    let ids: Vec<&str> = key.path.iter().map(|segment| segment.step.as_str()).collect();
    match (key.block, ids.is_empty()) {
        (BlockName::OnFailure, false) => format!("on_failure/{}", ids.join("/")),
        _ => ids.join("/"),
    }
}

/// What a step itself does to the world, as the document has it.
pub(super) fn effect_of(step: &Step, known: &Known<'_>) -> Effect {
    let with: Map<String, Value> = step.with.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    step.uses.as_deref().and_then(|uses| known.catalogue.spec(uses)).map_or(Effect::None, |spec| spec.effect_of(&with))
}
