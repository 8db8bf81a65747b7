//! Drives the pure core without any input or output: what is asked for is answered from the description of the
//! workflow, in an order that a seed decides.

use super::spec::{Act, Flow, Node, Work};
use super::turns::{self, Turn};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sayflow_engine::expr::{Evaluator, Scope, Template};
use sayflow_engine::plan::{Param, Plan};
use sayflow_engine::run::{Command, Question, RunState, view};
use sayflow_protocol::event::UnknownDecision;
use sayflow_protocol::{Event, InstanceKey, RecordedEvent, RunError, RunId, RunStatus, RunView};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// A finished run, with everything that was seen on the way.
pub struct Played {
    pub journal: Vec<RecordedEvent>,
    /// The view after each event, where the run had nothing in flight; else none.
    pub views: Vec<Option<RunView>>,
    pub view: RunView,
    /// Attempts that began, by instance.
    pub ran: BTreeMap<String, u32>,
    pub commands: usize,
}

enum Flight {
    Answer(Question),
    Prepare(InstanceKey, u32),
    Attempt(InstanceKey, u32, Value),
}

/// Which disturbances there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturb {
    Never,
    /// Now and then the state is thrown away and the journal folded again.
    Restarts,
}

struct Puppet<'a> {
    flow: &'a Flow,
    plan: Arc<Plan>,
    evaluator: &'a Evaluator,
    state: RunState,
    journal: Vec<RecordedEvent>,
    views: Vec<Option<RunView>>,
    now: jiff::Timestamp,
    flights: Vec<Flight>,
    questions: Vec<(InstanceKey, UnknownDecision)>,
    /// Attempts that ended, by instance.
    tried: HashMap<InstanceKey, u32>,
    ran: BTreeMap<String, u32>,
    commands: usize,
    random: StdRng,
    disturb: Disturb,
}

/// Runs a workflow to its end.
pub fn play(flow: &Flow, plan: &Arc<Plan>, evaluator: &Evaluator, seed: u64, disturb: Disturb) -> Played {
    let mut puppet = Puppet {
        flow,
        plan: plan.clone(),
        evaluator,
        state: RunState::new(plan.clone()),
        journal: Vec::new(),
        views: Vec::new(),
        now: jiff::Timestamp::from_second(1_800_000_000).unwrap(),
        flights: Vec::new(),
        questions: Vec::new(),
        tried: HashMap::new(),
        ran: BTreeMap::new(),
        commands: 0,
        random: StdRng::seed_from_u64(seed),
        disturb,
    };
    puppet.record(Event::RunCreated {
        workflow: "random".into(),
        version: None,
        dry_run: false,
        inputs: json!({}),
        trigger: json!({ "type": "manual" }),
        lineage: Default::default(),
        stepwise: false,
    });
    while puppet.turn() {}
    let view = puppet.view();
    Played { journal: puppet.journal, views: puppet.views, view, ran: puppet.ran, commands: puppet.commands }
}

impl Puppet<'_> {
    /// One thing at a time; whether there is more to do.
    fn turn(&mut self) -> bool {
        let commands = self.state.next(self.now);
        if !commands.is_empty() {
            self.commands += commands.len();
            commands.into_iter().for_each(|command| self.perform(command));
            return true;
        }
        if self.flights.is_empty()
            && let Some(last) = self.views.last_mut()
        {
            *last = Some(view(&RunId::from("r"), None, &self.state));
        }
        if self.state.status().is_final() {
            return false;
        }
        let in_action = self.flights.iter().any(|flight| matches!(flight, Flight::Attempt(..)));
        if self.disturb == Disturb::Restarts && !in_action && self.random.random_range(0..6) == 0 {
            self.restart();
            return true;
        }
        let choices = self.flights.len() + self.questions.len();
        let wake = self.state.next_wake();
        if let Some(at) = wake
            && (choices == 0 || self.random.random_range(0..8) == 0)
        {
            self.now = self.now.max(at);
            return true;
        }
        assert!(choices > 0, "stalled as {:?}: nothing in flight, no timer, no question; {:#?}", self.state.status(), self.journal);
        let choice = self.random.random_range(0..choices);
        // Time passes while things happen.
        self.now = self.now.checked_add(Duration::from_millis(self.random.random_range(0..400))).unwrap();
        match choice.checked_sub(self.flights.len()) {
            None => {
                let flight = self.flights.swap_remove(choice);
                self.land(flight);
            }
            Some(question) => {
                let (key, decision) = self.questions.swap_remove(question);
                self.record(Event::UnknownResolved { key, decision, by: Some("tester".into()) });
            }
        }
        true
    }

    /// Dies and comes back: all that is left is the journal.
    fn restart(&mut self) {
        self.state = RunState::new(self.plan.clone());
        self.flights.clear();
        for event in &self.journal {
            self.state.apply(event).unwrap();
        }
        self.state.recover(|_| panic!("no attempt was in flight"));
    }

    fn perform(&mut self, command: Command) {
        match command {
            Command::Record(event) => self.record(event),
            Command::Evaluate(question) => self.flights.push(Flight::Answer(question)),
            Command::Execute { key, attempt } => self.flights.push(Flight::Prepare(key, attempt)),
            other => panic!("nothing in a run that nobody stops asks for {other:?}"),
        }
    }

    fn record(&mut self, event: Event) {
        match &event {
            Event::StepStarted { key, .. } => *self.ran.entry(key.to_string()).or_default() += 1,
            Event::StepOutcomeUnknown { key, .. } => self.ask(key),
            _ => {}
        }
        let recorded = RecordedEvent { seq: self.journal.len() as u64 + 1, run: RunId::from("r"), at: self.now, event };
        if let Err(why) = self.state.apply(&recorded) {
            panic!("{why} at {recorded:?} after {:#?}", self.journal);
        }
        self.journal.push(recorded);
        self.views.push(None);
    }

    /// Keeps a question for later, unless the step has decided it in advance.
    fn ask(&mut self, key: &InstanceKey) {
        assert!(self.questions.iter().all(|(asked, _)| asked != key), "{key} is asked about twice at once");
        let node = self.node(key);
        let number = self.tried[key];
        let Turn::Lost(decision) = turns::turn(node, key, number) else { panic!("{key} was not lost") };
        if node.on_unknown == Default::default() {
            self.questions.push((key.clone(), decision));
        }
    }

    fn land(&mut self, flight: Flight) {
        match flight {
            Flight::Answer(question) => self.answer(question),
            Flight::Prepare(key, attempt) => self.prepare(key, attempt),
            Flight::Attempt(key, attempt, saw) => self.attempt(key, attempt, &saw),
        }
    }

    fn prepare(&mut self, key: InstanceKey, attempt: u32) {
        let number = self.tried.get(&key).copied().unwrap_or(0) + 1;
        if turns::turn(self.node(&key), &key, number) == Turn::Unprepared {
            *self.tried.entry(key.clone()).or_default() += 1;
            let error = fault(&key);
            return self.record(Event::StepFailed { key, attempt: 0, error, retry_at: None });
        }
        let step = self.state.plan_step(&key).unwrap();
        let sayflow_engine::plan::Work::Action(call) = &step.work else { panic!("{key} is a group") };
        let Param::Value(template) = &call.with["see"] else { panic!("a plain parameter") };
        let saw = self.render(&key, &template.clone(), Scope::default()).unwrap();
        let effect = call.effect;
        self.record(Event::StepStarted { key: key.clone(), attempt, effect, idempotency_key: None, input: None });
        self.flights.push(Flight::Attempt(key, attempt, saw));
    }

    fn attempt(&mut self, key: InstanceKey, attempt: u32, saw: &Value) {
        let number = self.tried.entry(key.clone()).or_default();
        *number += 1;
        let number = *number;
        let node = self.node(&key);
        let what = match &node.work {
            Work::Act { what, .. } => *what,
            Work::Group { .. } => panic!("{key} is a group"),
        };
        let most = node.attempts;
        let error = fault(&key);
        match turns::turn(node, &key, number) {
            Turn::Well => {
                let output = turns::output(&key, saw);
                let until = self.now.checked_add(Duration::from_secs(2)).unwrap();
                self.record(match what {
                    Act::Wait => Event::StepWaiting { key, attempt, until, output },
                    _ => Event::StepSucceeded { key, attempt, output, simulated: false },
                });
            }
            Turn::Fails => {
                let retry_at = (number < most).then(|| self.now.checked_add(Duration::from_secs(1)).unwrap());
                self.record(Event::StepFailed { key, attempt, error, retry_at });
            }
            Turn::FailsForGood => self.record(Event::StepFailed { key, attempt, error, retry_at: None }),
            Turn::Lost(_) => self.record(Event::StepOutcomeUnknown { key, attempt, error }),
            Turn::Unprepared => panic!("{key} did not begin"),
        }
    }

    fn answer(&mut self, question: Question) {
        let event = match &question {
            Question::Condition(key) => {
                let template = self.state.plan_step(key).unwrap().condition.clone().unwrap();
                match self.render(key, &template, Scope::default()) {
                    Ok(value) => Event::ConditionDecided { key: key.clone(), value: value == json!(true), simulated: false },
                    Err(()) => Event::StepFailed { key: key.clone(), attempt: 0, error: fault(key), retry_at: None },
                }
            }
            Question::Items(key) => {
                let template = self.state.plan_step(key).unwrap().for_each.clone().unwrap();
                match self.render(key, &template, Scope::default()) {
                    Ok(Value::Array(items)) => Event::ItemsResolved { key: key.clone(), items },
                    _ => Event::StepFailed { key: key.clone(), attempt: 0, error: fault(key), retry_at: None },
                }
            }
            Question::Until { key, .. } => {
                let repeat = self.state.plan_step(key).unwrap().repeat.as_ref().unwrap();
                let (template, every) = (repeat.until.clone(), repeat.every);
                let mut scope = Scope::default();
                scope.values.insert("iteration".into(), Arc::new(json!(key.last().unwrap().iteration)));
                let done = self.render(key, &template, scope) == Ok(json!(true));
                let next_at = (!done && !every.is_zero()).then(|| self.now.checked_add(every).unwrap());
                Event::UntilDecided { key: key.clone(), done, next_at }
            }
            Question::GroupOutputs(key) => {
                let template = self.plan.block(self.state.frame(key).unwrap().block).outputs.clone().unwrap();
                let output = self.render(key, &template, Scope::default()).unwrap();
                Event::StepFinished { key: key.clone(), error: None, output: Some(output) }
            }
            Question::RunOutputs => {
                let template = self.plan.outputs.clone().unwrap();
                let key = InstanceKey::root(sayflow_protocol::BlockName::Main);
                let outputs = Some(self.render(&key, &template, Scope::default()).unwrap());
                Event::RunFinished { status: RunStatus::Succeeded, error: None, outputs }
            }
        };
        self.record(event);
    }

    fn render(&self, key: &InstanceKey, template: &Template, more: Scope) -> Result<Value, ()> {
        let mut scope = self.state.scope(key, template.references());
        scope.values.extend(more.values);
        futures::executor::block_on(self.evaluator.render(template, &Arc::new(scope))).map_err(|_| ())
    }

    fn node(&self, key: &InstanceKey) -> &Node {
        self.flow.find(key.step_id())
    }

    fn view(&self) -> RunView {
        view(&RunId::from("r"), None, &self.state)
    }
}

fn fault(key: &InstanceKey) -> RunError {
    RunError { code: "made_up".into(), message: "it fails".into(), step: Some(key.to_string()), help: None }
}
