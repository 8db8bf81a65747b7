//! The reference model: what a workflow means, worked out step by step over its description. It knows no queue, no
//! timer and no event; a list of steps is gone through again and again until every step has ended.

use super::spec::{Cond, Each, Flow, List, Node, Work, items};
use super::turns::{Turn, output, turn};
use sayflow_protocol::event::{SkipReason, UnknownDecision};
use sayflow_protocol::workflow::{OnUnknown, When};
use sayflow_protocol::{BlockName, InstanceKey};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What the model says of a whole run.
pub struct Verdict {
    pub main: Steps,
    pub on_failure: Option<Steps>,
    pub succeeded: bool,
    pub outputs: Option<Value>,
    pub acts: Acts,
}

/// The steps of one list by id.
pub type Steps = BTreeMap<String, Ended>;

/// How a step ended.
pub struct Ended {
    pub end: End,
    /// Null but where it ended well.
    pub output: Value,
    /// Whether its own `if` said no.
    pub refused: bool,
    /// The steps that its error may name: where several items are in progress, whichever fails first.
    pub blames: BTreeSet<String>,
    /// The inner steps of a group that ran once.
    pub inner: Option<Steps>,
    /// Whether the timing decides which of its items ran.
    pub fuzzy: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Well,
    /// Badly, under `on_error: continue`.
    Forgiven,
    Badly,
    Skipped(SkipReason),
}

/// Which action instances ran, with how many attempts.
#[derive(Default)]
pub struct Acts {
    pub surely: BTreeMap<String, u32>,
    /// Items that may have begun before another one failed: each all or nothing.
    pub maybe: Vec<Acts>,
}

impl Acts {
    fn add(&mut self, other: Self) {
        self.surely.extend(other.surely);
        self.maybe.extend(other.maybe);
    }

    /// Takes what is explained out of `ran`; says what is missing.
    pub fn explain(&self, ran: &mut BTreeMap<String, u32>) -> Result<(), String> {
        for (key, attempts) in &self.surely {
            match ran.remove(key) {
                Some(found) if found == *attempts => {}
                found => return Err(format!("{key}: {attempts} attempts expected, found {found:?}")),
            }
        }
        for part in &self.maybe {
            if part.surely.keys().any(|key| ran.contains_key(key)) || part.maybe.iter().any(|inner| inner.touches(ran)) {
                part.explain(ran)?;
            }
        }
        Ok(())
    }

    fn touches(&self, ran: &BTreeMap<String, u32>) -> bool {
        self.surely.keys().any(|key| ran.contains_key(key)) || self.maybe.iter().any(|inner| inner.touches(ran))
    }
}

/// What a step sees around it: the lists of steps from the outermost inwards, and the item of the nearest loop.
#[derive(Clone)]
struct Around<'a> {
    lists: Vec<&'a Steps>,
    item: Option<Value>,
}

impl Around<'_> {
    fn step(&self, id: &str) -> &Ended {
        self.lists.iter().rev().find_map(|steps| steps.get(id)).unwrap_or_else(|| panic!("{id} has not ended"))
    }
}

/// How the step, or one item of it, ended: an output, or the steps to blame.
type Unit = Result<Value, BTreeSet<String>>;

/// What becomes of a run.
pub fn interpret(flow: &Flow) -> Verdict {
    let mut acts = Acts::default();
    let root = InstanceKey::root(BlockName::Main);
    let main = list(&flow.steps, &root, &Around { lists: Vec::new(), item: None }, &mut acts);
    let succeeded = main.values().all(|step| step.end != End::Badly);
    let on_failure = (!succeeded && !flow.on_failure.is_empty()).then(|| {
        let root = InstanceKey::root(BlockName::OnFailure);
        list(&flow.on_failure, &root, &Around { lists: vec![&main], item: None }, &mut acts)
    });
    let outputs = (succeeded && flow.outputs).then(|| shown(&flow.steps, &main));
    Verdict { main, on_failure, succeeded, outputs, acts }
}

/// What a list of steps hands back when it declares all of them as outputs.
fn shown(nodes: &[Node], steps: &Steps) -> Value {
    Value::Object(nodes.iter().map(|node| (node.id.clone(), steps[&node.id].output.clone())).collect::<Map<_, _>>())
}

fn list(nodes: &[Node], at: &InstanceKey, around: &Around<'_>, acts: &mut Acts) -> Steps {
    let ids: BTreeSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
    let mut ended = Steps::new();
    while ended.len() < nodes.len() {
        let next = nodes.iter().find(|node| {
            !ended.contains_key(&node.id) && node.before(&ids).iter().chain(&node.else_of).all(|before| ended.contains_key(before))
        });
        let node = next.expect("no step waits for itself");
        let end = step(node, &ids, &ended, &at.child(&node.id), around, acts);
        ended.insert(node.id.clone(), end);
    }
    ended
}

fn step(node: &Node, ids: &BTreeSet<&str>, beside: &Steps, key: &InstanceKey, around: &Around<'_>, acts: &mut Acts) -> Ended {
    let mut around = around.clone();
    around.lists.push(beside);
    let skipped = |reason, refused| Ended {
        end: End::Skipped(reason),
        output: Value::Null,
        refused,
        blames: BTreeSet::new(),
        inner: None,
        fuzzy: false,
    };
    let needs: Vec<End> = node.before(ids).iter().map(|id| beside[id].end).collect();
    if let Some(reason) = kept_back_by(&needs, node.when.unwrap_or_default()) {
        return skipped(reason, false);
    }
    if let Some(other) = &node.else_of {
        let other = &beside[other];
        if !other.refused {
            let blocked = other.end == End::Skipped(SkipReason::WhenNotMet);
            return skipped(if blocked { SkipReason::WhenNotMet } else { SkipReason::ElseNotTaken }, false);
        }
    }
    match &node.condition {
        None => {}
        Some(Cond::Throws) => return ended(node, Err(BTreeSet::from([key.to_string()]))),
        Some(condition) if !holds(condition, &around) => return skipped(SkipReason::ConditionFalse, true),
        Some(_) => {}
    }
    match &node.each {
        Some(each) => each_item(node, each, key, &around, acts),
        None => {
            let mut inner = None;
            let unit = unit(node, key, &around, acts, &mut inner);
            let mut end = ended(node, unit);
            end.inner = inner.filter(|_| node.repeat.is_none());
            end
        }
    }
}

/// The reason to leave a step out because of how those ended that it needs.
fn kept_back_by(needs: &[End], when: When) -> Option<SkipReason> {
    let neutral = |end: &End| matches!(end, End::Skipped(reason) if *reason != SkipReason::WhenNotMet);
    let succeeded = |end: &End| matches!(end, End::Well | End::Forgiven);
    let failed = |end: &End| matches!(end, End::Badly | End::Skipped(SkipReason::WhenNotMet));
    if needs.is_empty() {
        return None;
    }
    if needs.iter().all(neutral) {
        return Some(SkipReason::NeedsSkipped);
    }
    let met = match when {
        When::AllSucceeded => !needs.iter().any(failed),
        When::AnySucceeded => needs.iter().any(succeeded),
        When::AllDone => true,
        When::AnyFailed => needs.iter().any(failed),
    };
    (!met).then_some(SkipReason::WhenNotMet)
}

fn holds(condition: &Cond, around: &Around<'_>) -> bool {
    match condition {
        Cond::Always(value) => *value,
        Cond::FlagOf(id) => around.step(id).output["flag"] == true,
        Cond::ItemFlag => around.item.as_ref().expect("a loop around")["flag"] == true,
        Cond::Throws => unreachable!("judged before"),
    }
}

fn ended(node: &Node, unit: Unit) -> Ended {
    let (end, output, blames) = match unit {
        Ok(output) => (End::Well, output, BTreeSet::new()),
        Err(blames) if node.forgiven => (End::Forgiven, Value::Null, blames),
        Err(blames) => (End::Badly, Value::Null, blames),
    };
    Ended { end, output, refused: false, blames, inner: None, fuzzy: false }
}

fn each_item(node: &Node, each: &Each, key: &InstanceKey, around: &Around<'_>, acts: &mut Acts) -> Ended {
    let items = match &each.list {
        List::Literal(count) => items(*count),
        List::Broken => return ended(node, Err(BTreeSet::from([key.to_string()]))),
        List::Of(id) => match &around.step(id).output["list"] {
            Value::Array(items) => items.clone(),
            _ => return ended(node, Err(BTreeSet::from([key.to_string()]))),
        },
    };
    let mut outputs = Vec::new();
    let mut blames: BTreeSet<String> = BTreeSet::new();
    let mut fuzzy = false;
    for (index, item) in items.into_iter().enumerate() {
        let failed = !blames.is_empty() && !node.forgiven;
        if failed && each.concurrency == 1 {
            break;
        }
        let mut around = around.clone();
        around.item = Some(item);
        let mut part = Acts::default();
        let unit = unit(node, &key.with_item(u32::try_from(index).unwrap()), &around, &mut part, &mut None);
        if failed {
            // Behind the first item that fails for good: it may have begun already.
            fuzzy = true;
            acts.maybe.push(part);
        } else {
            acts.add(part);
        }
        outputs.push(unit.as_ref().cloned().unwrap_or(Value::Null));
        blames.extend(unit.err().unwrap_or_default());
    }
    let well = blames.is_empty() || node.forgiven;
    Ended {
        end: if well { End::Well } else { End::Badly },
        output: if well { Value::Array(outputs) } else { Value::Null },
        refused: false,
        blames,
        inner: None,
        fuzzy,
    }
}

/// The step, or one item of it, with its iterations.
fn unit(node: &Node, key: &InstanceKey, around: &Around<'_>, acts: &mut Acts, inner: &mut Option<Steps>) -> Unit {
    let Some(times) = node.repeat else { return instance(node, key, around, acts, inner) };
    for iteration in 1..=times.max {
        let output = instance(node, &key.with_iteration(iteration), around, acts, inner)?;
        if iteration >= times.until {
            return Ok(output);
        }
    }
    // Either way of naming the place will do.
    Err(BTreeSet::from([key.to_string(), key.step_key().to_string()]))
}

fn instance(node: &Node, key: &InstanceKey, around: &Around<'_>, acts: &mut Acts, inner: &mut Option<Steps>) -> Unit {
    match &node.work {
        Work::Group { steps, shows } => {
            let ended = list(steps, key, around, acts);
            let blames: BTreeSet<String> =
                ended.values().filter(|step| step.end == End::Badly).flat_map(|step| step.blames.iter().cloned()).collect();
            let unit = if !blames.is_empty() {
                Err(blames)
            } else if *shows {
                Ok(shown(steps, &ended))
            } else {
                Ok(Value::Null)
            };
            *inner = Some(ended);
            unit
        }
        Work::Act { sees_item, .. } => {
            let mut saw = Vec::new();
            for id in &node.looks_at {
                let step = around.step(id);
                saw.push(step.output.clone());
                saw.push(json!(match step.end {
                    End::Well | End::Forgiven => "succeeded",
                    End::Badly => "failed",
                    End::Skipped(_) => "skipped",
                }));
            }
            if *sees_item {
                saw.push(around.item.as_ref().expect("a loop around")["n"].clone());
            }
            let (began, went_well) = attempts(node, key);
            if began > 0 {
                acts.surely.insert(key.to_string(), began);
            }
            match went_well {
                Some(true) => Ok(output(key, &Value::Array(saw))),
                Some(false) => Ok(Value::Null),
                None => Err(BTreeSet::from([key.to_string()])),
            }
        }
    }
}

/// How many attempts began, and whether there is an output in the end: of the action, none (a lost write that was
/// taken as done), or not at all because it failed.
fn attempts(node: &Node, key: &InstanceKey) -> (u32, Option<bool>) {
    let mut number = 1;
    loop {
        match turn(node, key, number) {
            Turn::Well => return (number, Some(true)),
            Turn::Unprepared => return (number - 1, None),
            Turn::FailsForGood => return (number, None),
            Turn::Fails if number >= node.attempts => return (number, None),
            Turn::Fails => {}
            Turn::Lost(said) => {
                let decision = match node.on_unknown {
                    OnUnknown::Ask => said,
                    OnUnknown::Retry => UnknownDecision::Retry,
                    OnUnknown::Skip => UnknownDecision::Skip,
                };
                match decision {
                    UnknownDecision::Retry => {}
                    UnknownDecision::Skip => return (number, Some(false)),
                    UnknownDecision::Fail => return (number, None),
                }
            }
        }
        number += 1;
    }
}
