//! Random workflows: a small description that both the document and the reference model are made from.

use super::turns::Turn;
use proptest::prelude::*;
use sayflow_protocol::workflow::{Condition, OnError, OnUnknown, Repeat, Retry, Step, When, Workflow};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;

/// A workflow in few words.
#[derive(Clone)]
pub struct Flow {
    /// In document order.
    pub steps: Vec<Node>,
    /// In document order.
    pub on_failure: Vec<Node>,
    /// Whether it hands back the outputs of its steps.
    pub outputs: bool,
}

/// A step.
#[derive(Debug, Clone)]
pub struct Node {
    /// Unique in the whole workflow.
    pub id: String,
    pub work: Work,
    /// Steps of its own list that it names under `needs`.
    pub needs: Vec<String>,
    /// Steps of its own list or of one around it that its parameters look at; a group looks at nothing itself.
    pub looks_at: Vec<String>,
    pub when: Option<When>,
    pub condition: Option<Cond>,
    pub else_of: Option<String>,
    pub each: Option<Each>,
    pub repeat: Option<Times>,
    /// All attempts together.
    pub attempts: u32,
    pub forgiven: bool,
    pub on_unknown: OnUnknown,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Work {
    /// It runs a test action.
    Act {
        what: Act,
        /// How its instances fare; which of the lines holds for an instance follows from its key.
        turns: Vec<Vec<Turn>>,
        /// Whether it looks at the item of the loop around it.
        sees_item: bool,
    },
    /// It runs steps.
    Group { steps: Vec<Node>, shows: bool },
}

/// The test actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Compute,
    Read,
    /// Must not be repeated.
    Write,
    /// Doing it twice is the same as doing it once.
    Put,
    Wait,
}

/// An `if`.
#[derive(Debug, Clone)]
pub enum Cond {
    Always(bool),
    /// The flag in the output of a step that it thereby needs.
    FlagOf(String),
    /// The flag of the item of the loop around it.
    ItemFlag,
    Throws,
}

/// A `for_each`.
#[derive(Debug, Clone)]
pub struct Each {
    pub list: List,
    pub concurrency: u32,
}

/// What a loop goes over.
#[derive(Debug, Clone)]
pub enum List {
    Literal(usize),
    /// The list in the output of a step that it thereby needs.
    Of(String),
    /// Something that is no list.
    Broken,
}

/// A `repeat`.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// The iteration after which `until` is true.
    pub until: u32,
    pub max: u32,
    pub pauses: bool,
}

impl Node {
    /// The steps of the list `among` that must have ended before this one, `else_of` excepted.
    pub fn before(&self, among: &BTreeSet<&str>) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = self.needs.iter().cloned().collect();
        self.collect_references(&mut found);
        found.retain(|id| among.contains(id.as_str()) && self.else_of.as_ref() != Some(id));
        found
    }

    fn collect_references(&self, found: &mut BTreeSet<String>) {
        found.extend(self.looks_at.iter().cloned());
        if let Some(Cond::FlagOf(id)) = &self.condition {
            found.insert(id.clone());
        }
        if let Some(Each { list: List::Of(id), .. }) = &self.each {
            found.insert(id.clone());
        }
        if let Work::Group { steps, .. } = &self.work {
            steps.iter().for_each(|step| step.collect_references(found));
        }
    }

    fn to_step(&self) -> Step {
        let mut step =
            Step { id: self.id.clone(), needs: self.needs.clone(), when: self.when, else_of: self.else_of.clone(), ..Step::default() };
        match &self.work {
            Work::Act { what, sees_item, .. } => {
                step.uses = Some(what.id().to_owned());
                let mut see: Vec<Value> = Vec::new();
                for id in &self.looks_at {
                    see.push(json!(format!("${{{{ steps.{id}.output }}}}")));
                    see.push(json!(format!("${{{{ steps.{id}.status }}}}")));
                }
                if *sees_item {
                    see.push(json!("${{ item.n }}"));
                }
                step.with.insert("see".into(), Value::Array(see));
            }
            Work::Group { steps, shows } => {
                step.steps = steps.iter().map(Self::to_step).collect();
                if *shows {
                    step.outputs =
                        steps.iter().map(|inner| (inner.id.clone(), json!(format!("${{{{ steps.{}.output }}}}", inner.id)))).collect();
                }
            }
        }
        step.condition = self.condition.as_ref().map(|condition| match condition {
            Cond::Always(value) => Condition::Bool(*value),
            Cond::FlagOf(id) => Condition::Expression(format!("${{{{ steps.{id}.output.flag }}}}")),
            Cond::ItemFlag => Condition::Expression("${{ item.flag }}".into()),
            Cond::Throws => Condition::Expression("${{ [].reduce((x, y) => x) }}".into()),
        });
        if let Some(each) = &self.each {
            step.for_each = Some(match &each.list {
                List::Literal(count) => Value::Array(items(*count)),
                List::Of(id) => json!(format!("${{{{ steps.{id}.output.list }}}}")),
                List::Broken => json!("${{ 'no list' }}"),
            });
            step.concurrency = Some(each.concurrency);
        }
        step.repeat = self.repeat.map(|times| Repeat {
            until: Condition::Expression(format!("${{{{ iteration >= {} }}}}", times.until)),
            every: times.pauses.then(|| "1s".parse().unwrap()),
            max: times.max,
        });
        if self.attempts > 1 {
            step.retry = Some(Retry { max_attempts: self.attempts, backoff: Some("1s".parse().unwrap()), max_backoff: None });
        }
        step.on_error = self.forgiven.then_some(OnError::Continue);
        step.on_unknown = (self.on_unknown != OnUnknown::Ask).then_some(self.on_unknown);
        step
    }
}

impl Act {
    pub fn id(self) -> &'static str {
        match self {
            Self::Compute => "sim.compute",
            Self::Read => "sim.read",
            Self::Write => "sim.write",
            Self::Put => "sim.put",
            Self::Wait => "sim.wait",
        }
    }
}

/// A line for each step, and what its instances meet with.
impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn show(f: &mut fmt::Formatter<'_>, nodes: &[Node], indent: usize) -> fmt::Result {
            for node in nodes {
                let mut step = node.to_step();
                step.steps.clear();
                write!(f, "\n{:indent$}{}", "", serde_json::to_string(&step).unwrap())?;
                match &node.work {
                    Work::Act { turns, .. } => write!(f, " turns {turns:?}")?,
                    Work::Group { steps, .. } => show(f, steps, indent + 2)?,
                }
            }
            Ok(())
        }
        show(f, &self.steps, 2)?;
        write!(f, "\n on failure:")?;
        show(f, &self.on_failure, 2)?;
        write!(f, "\n outputs: {}\n", self.outputs)
    }
}

impl Flow {
    /// The document.
    pub fn document(&self) -> Workflow {
        let outputs: Vec<(String, Value)> = match self.outputs {
            true => self.steps.iter().map(|step| (step.id.clone(), json!(format!("${{{{ steps.{}.output }}}}", step.id)))).collect(),
            false => Vec::new(),
        };
        Workflow {
            name: "random".into(),
            description: None,
            triggers: Vec::new(),
            inputs: Default::default(),
            steps: self.steps.iter().map(Node::to_step).collect(),
            on_failure: self.on_failure.iter().map(Node::to_step).collect(),
            outputs: outputs.into_iter().collect(),
            concurrency: None,
            limits: None,
            timeout: None,
            timezone: None,
            tags: Vec::new(),
        }
    }

    /// The step with an id, wherever it is.
    pub fn find(&self, id: &str) -> &Node {
        fn among<'a>(nodes: &'a [Node], id: &str) -> Option<&'a Node> {
            nodes.iter().find_map(|node| match &node.work {
                _ if node.id == id => Some(node),
                Work::Group { steps, .. } => among(steps, id),
                Work::Act { .. } => None,
            })
        }
        among(&self.steps, id).or_else(|| among(&self.on_failure, id)).unwrap_or_else(|| panic!("no step {id}"))
    }
}

/// The items of a literal list.
pub fn items(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({ "n": n, "flag": n.is_multiple_of(2) })).collect()
}

// How it is made up: first bare numbers, which proptest can shrink, then names and references that make sense.

#[derive(Debug, Clone)]
struct Raw {
    work: RawWork,
    needs: Vec<u8>,
    looks_at: Vec<u8>,
    looks_out: Option<u8>,
    when: u8,
    condition: (u8, u8),
    else_of: Option<u8>,
    each: Option<(u8, u8, u8)>,
    repeat: Option<(u8, u8, bool)>,
    attempts: u8,
    forgiven: bool,
    on_unknown: u8,
    order: u8,
}

#[derive(Debug, Clone)]
enum RawWork {
    Act(u8, Vec<Vec<Turn>>, bool),
    Group(Vec<Raw>, bool),
}

/// Workflows of any shape.
pub fn flows() -> impl Strategy<Value = Flow> {
    let main = prop::collection::vec(raw(2), 1..7);
    let on_failure = prop::collection::vec(raw(1), 0..3);
    (main, on_failure, any::<bool>()).prop_map(|(main, on_failure, outputs)| {
        let mut count = 0;
        let steps = finish(main, &[], Place { looped: false, count: &mut count });
        let all: Vec<String> = steps.iter().map(|step| step.id.clone()).collect();
        let on_failure = finish(on_failure, &all, Place { looped: false, count: &mut count });
        Flow { steps, on_failure, outputs }
    })
}

fn raw(depth: u32) -> BoxedStrategy<Raw> {
    let turns = prop::collection::vec(prop::collection::vec(Turn::any(), 0..3), 1..3);
    let act = (0..8u8, turns, any::<bool>()).prop_map(|(what, turns, sees)| RawWork::Act(what, turns, sees));
    let work = match depth {
        0 => act.boxed(),
        _ => {
            let group =
                (prop::collection::vec(raw(depth - 1), 1..4), any::<bool>()).prop_map(|(steps, shows)| RawWork::Group(steps, shows));
            prop_oneof![4 => act, 1 => group].boxed()
        }
    };
    let edges =
        (prop::collection::vec(any::<u8>(), 0..3), prop::collection::vec(any::<u8>(), 0..2), prop::option::weighted(0.2, any::<u8>()));
    let branch = (0..10u8, (0..14u8, any::<u8>()), prop::option::weighted(0.15, any::<u8>()));
    let each = prop::option::weighted(0.25, (0..8u8, 1..4u8, any::<u8>()));
    let repeat = prop::option::weighted(0.12, (1..4u8, 1..4u8, any::<bool>()));
    let failing = (1..4u8, prop::bool::weighted(0.25), 0..5u8);
    (work, edges, branch, each, repeat, failing, any::<u8>())
        .prop_map(|(work, edges, branch, each, repeat, failing, order)| Raw {
            work,
            needs: edges.0,
            looks_at: edges.1,
            looks_out: edges.2,
            when: branch.0,
            condition: branch.1,
            else_of: branch.2,
            each,
            repeat,
            attempts: failing.0,
            forgiven: failing.1,
            on_unknown: failing.2,
            order,
        })
        .boxed()
}

struct Place<'a> {
    /// Whether there is an item around.
    looped: bool,
    count: &'a mut u32,
}

/// Gives a list of steps its names and references; `outer` are the steps outside that have ended before.
fn finish(raws: Vec<Raw>, outer: &[String], place: Place<'_>) -> Vec<Node> {
    let mut done: Vec<(u8, Node)> = Vec::new();
    for raw in raws {
        let earlier: Vec<String> = done.iter().map(|(_, node)| node.id.clone()).collect();
        *place.count += 1;
        let id = format!("s{}", place.count);
        let node = finish_one(&raw, id, &earlier, outer, &mut done, Place { looped: place.looped, count: place.count });
        done.push((raw.order, node));
    }
    done.sort_by_key(|(order, _)| *order);
    done.into_iter().map(|(_, node)| node).collect()
}

fn finish_one(raw: &Raw, id: String, earlier: &[String], outer: &[String], done: &mut [(u8, Node)], place: Place<'_>) -> Node {
    let pick = |number: u8| earlier.get(usize::from(number) % earlier.len().max(1)).cloned();
    let mut needs: Vec<String> = raw.needs.iter().filter_map(|&number| pick(number)).collect();
    needs.sort();
    needs.dedup();
    let mut looks_at: Vec<String> = raw.looks_at.iter().filter_map(|&number| pick(number)).collect();
    looks_at.extend(raw.looks_out.and_then(|number| outer.get(usize::from(number) % outer.len().max(1)).cloned()));
    looks_at.dedup();
    let condition = match raw.condition {
        (0..=1, _) => Some(Cond::Always(true)),
        (2..=3, _) => Some(Cond::Always(false)),
        (4..=5, number) => pick(number).map(Cond::FlagOf),
        (6, _) if place.looped => Some(Cond::ItemFlag),
        (7, number) if number % 4 == 0 => Some(Cond::Throws),
        _ => None,
    };
    let each = raw.each.map(|(kind, concurrency, number)| Each {
        list: match kind {
            0..=4 => List::Literal(usize::from(kind)),
            5..=6 => pick(number).map_or(List::Literal(2), List::Of),
            _ if number % 4 == 0 => List::Broken,
            _ => List::Literal(3),
        },
        concurrency: u32::from(concurrency),
    });
    let else_of = raw.else_of.and_then(pick);
    if let Some(target) = &else_of
        && let Some((_, other)) = done.iter_mut().find(|(_, other)| other.id == *target)
    {
        // The checks want an `if` there.
        other.condition.get_or_insert(Cond::Always(false));
        needs.retain(|need| need != target);
    }
    let looped = place.looped || each.is_some();
    let work = match &raw.work {
        RawWork::Act(what, turns, sees) => {
            let what = match what {
                0..=1 => Act::Compute,
                2..=3 => Act::Read,
                4..=5 => Act::Write,
                6 => Act::Put,
                _ => Act::Wait,
            };
            Work::Act { what, turns: turns.clone(), sees_item: *sees && looped }
        }
        RawWork::Group(steps, shows) => {
            // What the group may look at outside must have ended before it begins.
            let mut around = outer.to_vec();
            around.extend(earlier.iter().filter(|other| else_of.as_ref() != Some(other)).cloned());
            Work::Group { steps: finish(steps.clone(), &around, Place { looped, count: place.count }), shows: *shows }
        }
    };
    let is_group = matches!(work, Work::Group { .. });
    Node {
        id,
        work,
        when: match raw.when {
            0 => Some(When::AnySucceeded),
            1..=2 => Some(When::AllDone),
            3 => Some(When::AnyFailed),
            4 => Some(When::AllSucceeded),
            _ => None,
        },
        needs,
        looks_at: if is_group { Vec::new() } else { looks_at },
        condition,
        else_of,
        each,
        repeat: raw.repeat.map(|(until, max, pauses)| Times { until: u32::from(until), max: u32::from(max), pauses }),
        attempts: if is_group { 1 } else { u32::from(raw.attempts) },
        forgiven: raw.forgiven,
        on_unknown: match raw.on_unknown {
            0 => OnUnknown::Retry,
            1 => OnUnknown::Skip,
            _ => OnUnknown::Ask,
        },
    }
}
