//! Attempts: prepared, journalled, sent, ended, stopped.

use super::{Attempt, Driver, GRACE, Launch, Note, Stopped};
use crate::action::{Outcome, StepError};
use crate::expr::Reference;
use crate::footprint::Verdict as Place;
use crate::plan::{ActionCall, Plan, Work};
use crate::run::dry::{self, Verdict};
use crate::run::executor::{self, Ending, Prepared};
use futures::future::{AbortHandle, Abortable, FutureExt};
use jiff::Zoned;
use sayflow_protocol::api::{NotTried, SuppressedEffect};
use sayflow_protocol::event::ApprovalQuestion;
use sayflow_protocol::{ApprovalId, Effect, Event, InstanceKey, RecordedEvent, RunError, RunId};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Attempts at a write that has no definite answer, where the destination recognises a repeat by its key.
const REPEATS: u32 = 5;

/// The place of a step in the plan, so that futures can own the plan and still point at the step.
#[derive(Clone, Copy)]
struct StepAt {
    block: usize,
    step: usize,
}

impl Driver {
    /// Fills in the parameters of an attempt.
    pub(super) fn prepare(&mut self, key: InstanceKey, attempt: u32) -> Result<(), Stopped> {
        let plan = self.state.plan().clone();
        let (at, call) = self.action_at(&plan, &key)?;
        let references: Vec<Reference> = call.with.values().flat_map(|param| param.template().references().iter().cloned()).collect();
        let scope = Arc::new(self.scope(&key, &references));
        let now = self.now().to_zoned(self.zone.clone());
        let executor = self.executor.clone();
        let keys_of = self.state.lineage().keys_of.as_ref().unwrap_or(&self.run);
        let default_key = executor::default_idempotency_key(keys_of.as_str(), &key);
        let note = async move {
            let step = &plan.blocks[at.block].steps[at.step];
            let prepared = match &step.work {
                Work::Action(call) => executor.prepare(step, call, scope, default_key).await,
                Work::Group(_) => Err(StepError::new("internal", "a group has no parameters")),
            };
            Note::Prepared { key, attempt, prepared, now }
        };
        self.work.notes.push(note.boxed());
        Ok(())
    }

    /// The parameters are there: journals the intent and lines the attempt up for sending.
    pub(super) fn prepared(
        &mut self,
        key: InstanceKey,
        attempt: u32,
        prepared: Result<Prepared, StepError>,
        now: Zoned,
    ) -> Result<(), Stopped> {
        // While the process drains nothing begins; the next one prepares it again.
        if !self.state.expects_attempt(&key) || self.draining {
            return Ok(());
        }
        let plan = self.state.plan().clone();
        let (_, call) = self.action_at(&plan, &key)?;
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(_) if self.depends_on_simulated(&key, call) => return self.simulate(key, attempt, call, &Map::new()),
            Err(why) => {
                let error = why.to_run_error(&key.to_string());
                return self.record(Event::StepFailed { key, attempt: 0, error, retry_at: None });
            }
        };
        if let Some(dry) = &mut self.dry {
            let spec = call.action.spec();
            match dry::judge(dry, &key, spec, call.effect, &written(call), &prepared.params) {
                Verdict::Run if call.effect == Effect::Write => {
                    let payload = executor::plain_input(&prepared.params);
                    dry.files.push(SuppressedEffect { step: key.to_string(), uses: spec.id.clone(), payload });
                }
                Verdict::Run => {}
                Verdict::Suppress => {
                    let payload = executor::plain_input(&prepared.params);
                    dry.suppressed.push(SuppressedEffect { step: key.to_string(), uses: spec.id.clone(), payload });
                    return self.simulate(key, attempt, call, &prepared.params);
                }
                Verdict::NotTried { destination, reason } => {
                    let left_out = NotTried { step: key.to_string(), uses: spec.id.clone(), destination, reason: reason.to_owned() };
                    dry.not_tried.push(left_out);
                    return self.simulate(key, attempt, call, &prepared.params);
                }
            }
        }
        if self.dry.is_none()
            && let Some(event) = self.leaves_footprint(&plan, &key, attempt, call, &prepared.params)
        {
            return self.record(event);
        }
        self.record(Event::StepStarted {
            key: key.clone(),
            attempt,
            effect: call.effect,
            idempotency_key: (call.effect == Effect::Write).then(|| prepared.idempotency_key.clone()),
            input: executor::journalled_input(&prepared.params),
        })?;
        let launch = Launch::Attempt { key, attempt, prepared, now };
        // Only a write has to wait until its intent is durable.
        if call.effect == Effect::Write {
            self.work.launches.push(launch);
            return Ok(());
        }
        self.launch(launch)
    }

    /// What is journalled instead of an attempt that would go where nobody has approved.
    fn leaves_footprint(
        &mut self,
        plan: &Plan,
        key: &InstanceKey,
        attempt: u32,
        call: &ActionCall,
        params: &Map<String, Value>,
    ) -> Option<Event> {
        let spec = call.action.spec();
        match plan.guard.check(key, spec, call.effect, params, self.state.widened(), &mut self.seen) {
            Place::Inside => None,
            Place::Impossible(why) => {
                Some(Event::StepFailed { key: key.clone(), attempt: 0, error: why.to_run_error(&key.to_string()), retry_at: None })
            }
            Place::Outside(entry) => {
                let message = format!("Let \"{key}\" {}? It is not in the footprint that was approved.", entry.in_words());
                let payload_hash = self.payload_hash(key, &json!({ "place": entry }));
                let approval = ApprovalId(self.executor.ports.ids.new_id());
                let question = ApprovalQuestion { message, approvers: Vec::new(), expires: None, payload_hash, place: Some(entry) };
                Some(Event::ApprovalRequested { key: key.clone(), attempt, approval, question })
            }
        }
    }

    /// Counts the places that earlier attempts of the run went to.
    pub(crate) fn remember_places(&mut self, events: &[RecordedEvent]) {
        let plan = self.state.plan().clone();
        for recorded in events {
            if let Event::StepStarted { key, effect, input: Some(Value::Object(params)), .. } = &recorded.event
                && let Some((block, place)) = plan.locate(key)
                && let Work::Action(call) = &plan.block(block).steps[place].work
            {
                // Only what it counts matters here: the attempt was judged before it began.
                plan.guard.check(key, call.action.spec(), *effect, params, self.state.widened(), &mut self.seen);
            }
        }
    }

    /// What exactly an approval is for: this instance of this run, with this payload.
    fn payload_hash(&self, key: &InstanceKey, payload: &Value) -> String {
        let canonical = json!({ "run": self.run, "step": key, "payload": payload }).to_string();
        hex::encode(Sha256::digest(canonical.as_bytes()))
    }

    /// Sends an attempt, or makes another run.
    pub(super) fn launch(&mut self, launch: Launch) -> Result<(), Stopped> {
        let (key, attempt, prepared, now) = match launch {
            Launch::Attempt { key, attempt, prepared, now } => (key, attempt, prepared, now),
            Launch::Call { key, run, workflow, inputs } => {
                self.launch_call(key, run, workflow, inputs);
                return Ok(());
            }
        };
        let plan = self.state.plan().clone();
        let (at, call) = self.action_at(&plan, &key)?;
        let delicate = call.effect == Effect::Write && !call.idempotent && !call.takes_key;
        let (abort, registration) = AbortHandle::new_pair();
        self.work.attempts.insert(key.clone(), Attempt { number: attempt, abort, delicate });
        let executor = self.executor.clone();
        let running = async move {
            let step = &plan.blocks[at.block].steps[at.step];
            let ending = match &step.work {
                Work::Action(call) => executor.attempt(step, call, prepared, now).await,
                Work::Group(_) => Err(StepError::new("internal", "a group is not sent")),
            };
            Note::Ended { key, attempt, ending }
        };
        let note = Abortable::new(running, registration).map(|ended| ended.unwrap_or(Note::Dropped));
        self.work.notes.push(note.boxed());
        Ok(())
    }

    /// An attempt came back: journals how.
    pub(super) fn ended(&mut self, key: InstanceKey, attempt: u32, ending: Ending) -> Result<(), Stopped> {
        if self.work.attempts.remove(&key).is_none() {
            return Ok(());
        }
        let plan = self.state.plan().clone();
        let (at, call) = self.action_at(&plan, &key)?;
        let simulated = self.depends_on_simulated(&key, call);
        match ending {
            Ok(Outcome::Done(output)) => self.record(Event::StepSucceeded { key, attempt, output, simulated }),
            Ok(Outcome::WaitUntil { output, .. }) if self.dry.is_some() => {
                self.record(Event::StepSucceeded { key, attempt, output, simulated })
            }
            Ok(Outcome::WaitUntil { until, output }) => self.record(Event::StepWaiting { key, attempt, until, output }),
            Ok(Outcome::Respond { response, output }) => {
                self.record(Event::Responded { key: key.clone(), response })?;
                self.record(Event::StepSucceeded { key, attempt, output, simulated })
            }
            Ok(Outcome::AwaitApproval { .. } | Outcome::Call { .. }) if self.dry.is_some() => {
                let output = example(call);
                self.record(Event::StepSucceeded { key, attempt, output, simulated: true })
            }
            Ok(Outcome::AwaitApproval { message, approvers, expires, payload }) => {
                let payload_hash = self.payload_hash(&key, &payload);
                let approval = ApprovalId(self.executor.ports.ids.new_id());
                let question = ApprovalQuestion { message, approvers, expires, payload_hash, place: None };
                self.record(Event::ApprovalRequested { key, attempt, approval, question })
            }
            Ok(Outcome::Call { workflow, inputs }) => {
                let (run, inputs) = (RunId(self.executor.ports.ids.new_id()), Value::Object(inputs));
                let event =
                    Event::CallStarted { key: key.clone(), attempt, run: run.clone(), workflow: workflow.clone(), inputs: inputs.clone() };
                self.record(event)?;
                self.work.launches.push(Launch::Call { key, run, workflow, inputs });
                Ok(())
            }
            Err(_) if simulated => {
                let output = example(call);
                self.record(Event::StepSucceeded { key, attempt, output, simulated })
            }
            Err(why) => {
                let retry = plan.blocks[at.block].steps[at.step].retry;
                let nobody_knows = why.outcome_unknown && call.effect == Effect::Write && !call.idempotent;
                // A destination that recognises a repeat by its key is asked again until it says.
                let again = nobody_knows && call.takes_key && attempt < retry.max_attempts.max(REPEATS);
                if nobody_knows && !again {
                    let error = unknown(&why, &key);
                    return self.record(Event::StepOutcomeUnknown { key, attempt, error });
                }
                let (retry, why) = if again { (executor::patient(retry, REPEATS), why.retryable()) } else { (retry, why) };
                let fraction = self.executor.ports.ids.fraction();
                // A dry run does not wait for another try.
                let retry_at = match self.dry {
                    Some(_) => None,
                    None => executor::retry_at(retry, attempt, &why, self.now(), fraction),
                };
                let error = why.to_run_error(&key.to_string());
                self.record(Event::StepFailed { key, attempt, error, retry_at })
            }
        }
    }

    /// Stops an attempt. A write that must not be repeated gets a moment to answer.
    pub(super) fn abort(&mut self, key: &InstanceKey) -> Result<(), Stopped> {
        self.work.launches.retain(|launch| launch.key() != key);
        if let Some((_, run, _)) = self.state.calls().into_iter().find(|(at, ..)| at == key) {
            self.abort_call(run);
            return Ok(());
        }
        match self.work.attempts.get(key) {
            Some(attempt) if attempt.delicate => {
                let clock = self.executor.ports.clock.clone();
                let over = clock.now().checked_add(GRACE).unwrap_or(jiff::Timestamp::MAX);
                let key = key.clone();
                let note = async move {
                    clock.sleep_until(over).await;
                    Note::GraceOver { key }
                };
                self.work.notes.push(note.boxed());
                Ok(())
            }
            Some(attempt) => {
                let number = attempt.number;
                attempt.abort.abort();
                self.work.attempts.remove(key);
                self.record(Event::StepCancelled { key: key.clone(), attempt: number })
            }
            None => self.record(Event::StepCancelled { key: key.clone(), attempt: 0 }),
        }
    }

    /// A write did not answer in the moment that it was given.
    pub(super) fn grace_over(&mut self, key: &InstanceKey) -> Result<(), Stopped> {
        let Some(attempt) = self.work.attempts.remove(key) else { return Ok(()) };
        attempt.abort.abort();
        let why = StepError::new("outcome_unknown", "the run was stopped while this write was under way");
        let event = Event::StepOutcomeUnknown { key: key.clone(), attempt: attempt.number, error: unknown(&why, key) };
        self.record(event)
    }

    /// Stands in for an action in a dry run: its example is its output.
    fn simulate(&mut self, key: InstanceKey, attempt: u32, call: &ActionCall, params: &Map<String, Value>) -> Result<(), Stopped> {
        self.record(Event::StepStarted {
            key: key.clone(),
            attempt,
            effect: call.effect,
            idempotency_key: None,
            input: executor::journalled_input(params),
        })?;
        let output = example(call);
        self.record(Event::StepSucceeded { key, attempt, output, simulated: true })
    }

    fn depends_on_simulated(&self, key: &InstanceKey, call: &ActionCall) -> bool {
        self.dry.is_some() && call.with.values().any(|param| self.state.refers_to_simulated(key, param.template().references()))
    }

    fn action_at<'p>(&self, plan: &'p Plan, key: &InstanceKey) -> Result<(StepAt, &'p ActionCall), Stopped> {
        let gone = || Stopped::Broken(format!("\"{key}\" is no step that runs an action"));
        let block = self.state.frame(&key.parent()).ok_or_else(gone)?.block.0;
        let step = *plan.blocks[block].index.get(key.step_id()).ok_or_else(gone)?;
        match &plan.blocks[block].steps[step].work {
            Work::Action(call) => Ok((StepAt { block, step }, call)),
            Work::Group(_) => Err(gone()),
        }
    }
}

/// What stands for the output of an action that is not run.
fn example(call: &ActionCall) -> Value {
    call.action.spec().example_with(&written(call))
}

/// The parameters as they stand in the document.
fn written(call: &ActionCall) -> Map<String, Value> {
    call.with.iter().map(|(name, param)| (name.clone(), param.template().source().clone())).collect()
}

fn unknown(why: &StepError, key: &InstanceKey) -> RunError {
    RunError {
        code: "outcome_unknown".into(),
        message: format!("nobody knows whether this write happened: {}", why.message),
        step: Some(key.to_string()),
        help: Some("look at the destination before running it again; `on_unknown: retry` or `skip` decides it in advance".into()),
    }
}
