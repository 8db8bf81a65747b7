//! The history checker: judges journals, and the effects that a recording destination saw, by what Sayflow promises.
//! It knows the document and the events, and nothing of how the engine works. Whatever breaks a promise panics with
//! the events around it.

use sayflow_protocol::event::{ApprovalDecision, UnknownDecision};
use sayflow_protocol::workflow::{Step, Workflow};
use sayflow_protocol::{ApprovalId, BlockName, Event, InstanceKey, RecordedEvent};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What a document promises about its steps.
pub struct Doc {
    steps: HashMap<(BlockName, Vec<String>), Promise>,
}

struct Promise {
    /// The steps of the same list that must have ended before.
    before: BTreeSet<String>,
    concurrency: usize,
    looped: bool,
    /// The most iterations, under `repeat`.
    iterations: Option<u32>,
    attempts: u32,
}

/// How a run is expected to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// It has ended.
    Ended,
    /// It may be anywhere.
    Anything,
}

/// Something that arrived at a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The idempotency key that came along.
    pub key: String,
    /// Whether doing it twice is the same as doing it once.
    pub repeatable: bool,
}

impl Doc {
    pub fn of(workflow: &Workflow) -> Self {
        let mut doc = Self { steps: HashMap::new() };
        doc.add(BlockName::Main, &[], &workflow.steps);
        doc.add(BlockName::OnFailure, &[], &workflow.on_failure);
        doc
    }

    fn add(&mut self, block: BlockName, path: &[String], steps: &[Step]) {
        for step in steps {
            let beside: BTreeSet<&str> = steps.iter().map(|other| other.id.as_str()).filter(|id| *id != step.id).collect();
            let mut here = path.to_vec();
            here.push(step.id.clone());
            let promise = Promise {
                before: before(step, &beside),
                concurrency: step.concurrency.unwrap_or(1) as usize,
                looped: step.for_each.is_some(),
                iterations: step.repeat.as_ref().map(|repeat| repeat.max),
                attempts: step.retry.as_ref().map_or(1, |retry| retry.max_attempts),
            };
            self.add(block, &here, &step.steps);
            self.steps.insert((block, here), promise);
        }
    }

    fn of_key(&self, key: &InstanceKey) -> &Promise {
        let path = key.path.iter().map(|segment| segment.step.clone()).collect();
        self.steps.get(&(key.block, path)).unwrap_or_else(|| panic!("the document has no step {key}"))
    }
}

/// `needs`, `else_of` and every `steps.ID` in a text, as far as they are beside the step.
fn before(step: &Step, beside: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = step.needs.iter().chain(&step.else_of).cloned().collect();
    let text = serde_json::to_string(step).unwrap();
    for (at, word) in text.match_indices("steps.") {
        let rest = &text[at + word.len()..];
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        found.insert(rest[..end].to_owned());
    }
    found.retain(|id| beside.contains(id.as_str()));
    found
}

/// Judges one journal.
pub fn check_run(doc: &Doc, journal: &[RecordedEvent], expect: Expect) {
    let mut reader = Reader::empty(doc, journal);
    for place in 0..journal.len() {
        reader.read(place);
    }
    if expect == Expect::Ended {
        assert!(reader.finished, "the run has not ended: {:#?}", tail(journal, journal.len()));
    }
}

/// Judges what arrived by the journals of all runs.
pub fn check_effects<'a>(journals: impl IntoIterator<Item = &'a [RecordedEvent]>, effects: &[Effect]) {
    let mut intents: BTreeMap<String, u32> = BTreeMap::new();
    let mut again: BTreeMap<String, u32> = BTreeMap::new();
    let mut done: BTreeMap<String, String> = BTreeMap::new();
    for journal in journals {
        let mut key_of: HashMap<&InstanceKey, &String> = HashMap::new();
        let mut open: HashSet<&InstanceKey> = HashSet::new();
        for recorded in journal {
            match &recorded.event {
                Event::StepStarted { key, idempotency_key: Some(sent), .. } => {
                    key_of.insert(key, sent);
                    *intents.entry(sent.clone()).or_default() += 1;
                }
                // Trying a failed run again sends what nobody knew about as well.
                Event::UnknownResolved { key, decision: UnknownDecision::Retry | UnknownDecision::Fail, .. } => {
                    *again.entry(key_of[key].clone()).or_default() += 1;
                    open.remove(key);
                }
                Event::StepOutcomeUnknown { key, .. } => drop(open.insert(key)),
                Event::UnknownResolved { key, .. } => drop(open.remove(key)),
                Event::StepSucceeded { key, simulated: false, .. } => {
                    if let Some(sent) = key_of.get(key) {
                        done.insert((*sent).clone(), format!("{} {key}", recorded.run));
                    }
                }
                _ => {}
            }
        }
        for key in open {
            *again.entry(key_of[key].clone()).or_default() += 1;
        }
    }
    let mut arrived: BTreeMap<&str, u32> = BTreeMap::new();
    for effect in effects {
        let count = arrived.entry(&effect.key).or_default();
        *count += 1;
        let begun = intents.get(&effect.key).copied().unwrap_or(0);
        assert!(*count <= begun, "{} arrived {count} times, but its intent is journalled {begun} times", effect.key);
        let allowed = 1 + again.get(&effect.key).copied().unwrap_or(0);
        assert!(effect.repeatable || *count <= allowed, "{} must not be repeated, and arrived {count} times", effect.key);
    }
    for (key, step) in done {
        assert!(arrived.contains_key(key.as_str()), "{step} counts as done, but {key} never arrived");
    }
}

struct Reader<'a> {
    doc: &'a Doc,
    journal: &'a [RecordedEvent],
    finished: bool,
    /// Steps that ended.
    over: HashSet<InstanceKey>,
    /// Items in progress by loop.
    items: HashMap<InstanceKey, HashSet<InstanceKey>>,
    attempts: HashMap<InstanceKey, u32>,
    failures: HashMap<InstanceKey, u32>,
    in_flight: HashSet<InstanceKey>,
    /// Not before this.
    earliest: HashMap<InstanceKey, jiff::Timestamp>,
    unknown: HashSet<InstanceKey>,
    approvals: HashMap<ApprovalId, Option<ApprovalDecision>>,
}

impl<'a> Reader<'a> {
    fn empty(doc: &'a Doc, journal: &'a [RecordedEvent]) -> Self {
        Self {
            doc,
            journal,
            finished: false,
            over: HashSet::new(),
            items: HashMap::new(),
            attempts: HashMap::new(),
            failures: HashMap::new(),
            in_flight: HashSet::new(),
            earliest: HashMap::new(),
            unknown: HashSet::new(),
            approvals: HashMap::new(),
        }
    }

    fn read(&mut self, place: usize) {
        let recorded = &self.journal[place];
        let seen = || tail(self.journal, place + 1);
        assert_eq!(recorded.seq, place as u64 + 1, "numbers go on without gaps: {:#?}", seen());
        assert_eq!(matches!(recorded.event, Event::RunCreated { .. }), place == 0, "a run is created once: {:#?}", seen());
        assert!(!self.finished, "something happened after the end: {:#?}", seen());
        assert_eq!(recorded.run, self.journal[0].run, "one journal, one run");
        match &recorded.event {
            Event::RunFinished { .. } => self.finished = true,
            Event::ConditionDecided { key, .. } | Event::ItemsResolved { key, .. } => self.may_begin(key, place),
            Event::StepStarted { key, attempt, .. } => self.started(key, *attempt, place),
            Event::StepWaiting { key, until, .. } => {
                self.landed(key, place);
                self.earliest.insert(key.clone(), *until);
            }
            Event::StepSucceeded { key, .. } => {
                // A wait that ends: the attempt itself ended before.
                if !self.in_flight.remove(key) {
                    self.not_early(key, place);
                }
                self.instance_done(key);
            }
            Event::StepFailed { key, retry_at, attempt, .. } => {
                self.in_flight.remove(key);
                match retry_at {
                    Some(at) => {
                        let failures = self.failures.entry(key.clone()).or_default();
                        *failures += 1;
                        let most = self.doc.of_key(key).attempts;
                        assert!(*failures < most, "{key} is tried again although it had its {most} attempts: {:#?}", seen());
                        self.earliest.insert(key.clone(), *at);
                    }
                    None if *attempt == 0 && key.last().is_some_and(|last| last.item.is_none()) && self.doc.of_key(key).looped => {
                        self.step_over(key);
                    }
                    None => self.unit_over(key),
                }
            }
            Event::StepCancelled { key, .. } => {
                self.in_flight.remove(key);
                self.unit_over(key);
            }
            Event::StepOutcomeUnknown { key, .. } => {
                self.in_flight.remove(key);
                assert!(self.unknown.insert(key.clone()), "{key} is asked about twice at once: {:#?}", seen());
            }
            Event::UnknownResolved { key, decision, .. } => {
                assert!(self.unknown.remove(key), "{key} was not asked about: {:#?}", seen());
                match decision {
                    UnknownDecision::Retry => {}
                    UnknownDecision::Skip => self.instance_done(key),
                    UnknownDecision::Fail => self.unit_over(key),
                }
            }
            Event::ApprovalRequested { approval, .. } => {
                let before = self.approvals.insert(approval.clone(), None);
                assert!(before.is_none(), "one approval is asked for once: {:#?}", seen());
            }
            Event::ApprovalDecided { approval, decision, .. } => {
                let before = self.approvals.insert(approval.clone(), Some(*decision));
                assert_eq!(before, Some(None), "the first decision wins, and there is no second: {:#?}", seen());
            }
            Event::UntilDecided { key, done, next_at } => self.until_decided(key, *done, *next_at),
            Event::StepSkipped { key, .. } => self.step_over(key),
            Event::StepKept { key, .. } => self.unit_over(key),
            Event::StepFinished { key, error, .. } => {
                if self.doc.of_key(key).looped && key.last().is_some_and(|last| last.item.is_none()) {
                    self.step_over(key);
                } else if error.is_some() {
                    self.unit_over(key);
                } else {
                    self.instance_done(key);
                }
            }
            _ => {}
        }
    }

    fn started(&mut self, key: &InstanceKey, attempt: u32, place: usize) {
        let seen = || tail(self.journal, place + 1);
        for depth in 1..=key.path.len() {
            self.may_begin(&InstanceKey { block: key.block, path: key.path[..depth].to_vec() }, place);
        }
        self.not_early(key, place);
        let before = self.attempts.insert(key.clone(), attempt).unwrap_or(0);
        assert!(attempt > before, "attempts count upwards: {:#?}", seen());
        assert!(!self.unknown.contains(key), "{key} goes on although nobody decided about it: {:#?}", seen());
        // A read or a write that may be repeated is begun again after the process died; the effects tell the rest.
        self.in_flight.insert(key.clone());
        for depth in 1..=key.path.len() {
            let unit = unit_of(&InstanceKey { block: key.block, path: key.path[..depth].to_vec() });
            if unit.last().is_some_and(|last| last.item.is_some()) {
                let most = self.doc.of_key(&unit).concurrency;
                let items = self.items.entry(unit.step_key()).or_default();
                items.insert(unit);
                assert!(items.len() <= most, "{} items are in progress where {most} may be: {:#?}", items.len(), seen());
            }
        }
    }

    /// Everything that the step needs has ended.
    fn may_begin(&self, key: &InstanceKey, place: usize) {
        for id in &self.doc.of_key(key).before {
            let before = key.parent().child(id);
            assert!(self.over.contains(&before), "{key} began before {before} had ended: {:#?}", tail(self.journal, place + 1));
        }
    }

    fn not_early(&mut self, key: &InstanceKey, place: usize) {
        if let Some(earliest) = self.earliest.remove(key) {
            let at = self.journal[place].at;
            assert!(at >= earliest, "{key} went on at {at}, before {earliest}: {:#?}", tail(self.journal, place + 1));
        }
    }

    fn landed(&mut self, key: &InstanceKey, place: usize) {
        assert!(self.in_flight.remove(key), "{key} was not in flight: {:#?}", tail(self.journal, place + 1));
    }

    fn until_decided(&mut self, key: &InstanceKey, done: bool, next_at: Option<jiff::Timestamp>) {
        let iteration = key.last().and_then(|last| last.iteration).unwrap_or(1);
        if done || self.doc.of_key(key).iterations.is_some_and(|most| iteration >= most) {
            self.unit_over(key);
        } else if let Some(at) = next_at {
            self.earliest.insert(key.with_iteration(iteration + 1), at);
        }
    }

    /// An instance ended well.
    fn instance_done(&mut self, key: &InstanceKey) {
        // Under `repeat`, what `until` says decides.
        if self.doc.of_key(key).iterations.is_none() {
            self.unit_over(key);
        }
    }

    fn unit_over(&mut self, key: &InstanceKey) {
        let unit = unit_of(key);
        if self.doc.of_key(key).looped {
            if let Some(items) = self.items.get_mut(&unit.step_key()) {
                items.remove(&unit);
            }
        } else {
            self.step_over(&unit);
        }
    }

    fn step_over(&mut self, key: &InstanceKey) {
        self.over.insert(key.step_key());
    }
}

/// The step, or one item of it, without the iteration.
fn unit_of(key: &InstanceKey) -> InstanceKey {
    let mut unit = key.clone();
    if let Some(last) = unit.path.last_mut() {
        last.iteration = None;
    }
    unit
}

/// The last events before a place.
fn tail(journal: &[RecordedEvent], end: usize) -> &[RecordedEvent] {
    &journal[end.saturating_sub(12)..end]
}
