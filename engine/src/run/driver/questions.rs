//! Questions of the core that expressions answer: conditions, lists, `until` and outputs.

use super::{Driver, Note, Stopped};
use crate::expr::{EvalError, Reference, Scope, Template};
use crate::plan::Plan;
use crate::run::command::{Command, Question};
use futures::future::FutureExt;
use sayflow_protocol::{BlockName, Event, InstanceKey, RunError, RunStatus};
use serde_json::{Value, json};
use std::sync::Arc;

/// The most items of a `for_each`.
const MOST_ITEMS: usize = 10_000;

impl Driver {
    pub(super) fn ask(&mut self, question: Question) -> Result<(), Stopped> {
        let plan = self.state.plan().clone();
        let key = key_of(&question);
        let Some(template) = self.template_of(&plan, &question) else {
            return Err(Stopped::Broken(format!("there is nothing to evaluate for \"{key}\"")));
        };
        if self.dry.is_some()
            && self.state.refers_to_simulated(&key, template.references())
            && let Some(event) = assumed(&question)
        {
            return self.record(event);
        }
        // The scope of a group's outputs is inside the group.
        let mut scope = self.scope(&key, template.references());
        if let Question::Until { key, output } = &question {
            let iteration = key.last().and_then(|segment| segment.iteration).unwrap_or(1);
            scope.values.insert("output".into(), Arc::new(output.clone()));
            scope.values.insert("iteration".into(), Arc::new(json!(iteration)));
        }
        let evaluator = self.executor.evaluator.clone();
        let note = async move {
            let answer = evaluator.render(&template, &Arc::new(scope)).await;
            Note::Answered { question, answer }
        };
        self.work.notes.push(note.boxed());
        Ok(())
    }

    /// What expressions at a place see, with the run, the time and the loop around it.
    pub(super) fn scope(&self, key: &InstanceKey, references: &[Reference]) -> Scope {
        let mut scope = self.state.scope(key, references);
        let now = self.now().to_zoned(self.zone.clone());
        let text = now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        scope.values.insert("now".into(), Arc::new(Value::String(text)));
        let run = json!({ "id": self.run, "workflow": self.state.plan().workflow.name, "dry_run": self.dry.is_some() });
        scope.values.insert("run".into(), Arc::new(run));
        scope
    }

    fn template_of(&self, plan: &Arc<Plan>, question: &Question) -> Option<Template> {
        match question {
            Question::Condition(key) => self.state.plan_step(key)?.condition.clone(),
            Question::Items(key) => self.state.plan_step(key)?.for_each.clone(),
            Question::Until { key, .. } => Some(self.state.plan_step(key)?.repeat.as_ref()?.until.clone()),
            Question::GroupOutputs(key) => plan.block(self.state.frame(key)?.block).outputs.clone(),
            Question::RunOutputs => plan.outputs.clone(),
        }
    }

    pub(super) fn answered(&mut self, question: Question, answer: Result<Value, EvalError>) -> Result<(), Stopped> {
        if !self.state.is_wanted(&Command::Evaluate(question.clone())) {
            return Ok(());
        }
        let event = match answer.map_err(|why| fault(&key_of(&question), &why.code, why.message)) {
            Ok(value) => self.event_of(&question, value),
            Err(error) => self.failure_of(&question, error),
        };
        self.record(event)
    }

    fn failure_of(&self, question: &Question, error: RunError) -> Event {
        match question {
            Question::Condition(key) | Question::Items(key) | Question::Until { key, .. } => {
                Event::StepFailed { key: key.clone(), attempt: 0, error, retry_at: None }
            }
            Question::GroupOutputs(key) => Event::StepFinished { key: key.clone(), error: Some(error), output: None },
            Question::RunOutputs if self.state.plan().handles_failure() => Event::FailureHandlingStarted { error },
            Question::RunOutputs => Event::RunFinished { status: RunStatus::Failed, error: Some(error), outputs: None },
        }
    }

    fn event_of(&self, question: &Question, value: Value) -> Event {
        match question {
            Question::Condition(key) => Event::ConditionDecided { key: key.clone(), value: is_true(&value), simulated: false },
            Question::Items(key) => match items_of(key, value) {
                Ok(items) => Event::ItemsResolved { key: key.clone(), items },
                Err(error) => self.failure_of(question, error),
            },
            Question::Until { key, .. } => {
                let done = is_true(&value);
                let pause = self.state.plan_step(key).and_then(|step| step.repeat.as_ref()).map(|repeat| repeat.every);
                // A dry run does not wait: one look is enough.
                let done = done || self.dry.is_some();
                let next_at = pause.filter(|pause| !done && !pause.is_zero()).and_then(|pause| self.now().checked_add(pause).ok());
                Event::UntilDecided { key: key.clone(), done, next_at }
            }
            Question::GroupOutputs(key) => Event::StepFinished { key: key.clone(), error: None, output: Some(value) },
            Question::RunOutputs => Event::RunFinished { status: RunStatus::Succeeded, error: None, outputs: Some(value) },
        }
    }
}

/// What a dry run assumes where the answer hangs on something made up: a condition may go either way, a loop runs once.
fn assumed(question: &Question) -> Option<Event> {
    match question {
        Question::Condition(key) => Some(Event::ConditionDecided { key: key.clone(), value: true, simulated: true }),
        Question::Items(key) => Some(Event::ItemsResolved { key: key.clone(), items: vec![Value::Null] }),
        Question::Until { key, .. } => Some(Event::UntilDecided { key: key.clone(), done: true, next_at: None }),
        Question::GroupOutputs(_) | Question::RunOutputs => None,
    }
}

fn key_of(question: &Question) -> InstanceKey {
    match question {
        Question::Condition(key) | Question::Items(key) | Question::GroupOutputs(key) | Question::Until { key, .. } => key.clone(),
        Question::RunOutputs => InstanceKey::root(BlockName::Main),
    }
}

fn fault(key: &InstanceKey, code: &str, message: String) -> RunError {
    let step = (!key.path.is_empty()).then(|| key.to_string());
    RunError { code: code.to_owned(), message, step, help: None }
}

fn items_of(key: &InstanceKey, value: Value) -> Result<Vec<Value>, RunError> {
    let wrong = |what: String| RunError {
        help: Some("point `for_each` at a list, such as ${{ steps.ID.output.items }}".into()),
        ..fault(key, "not_a_list", format!("for_each needs a list, but got {what}"))
    };
    let items = match value {
        Value::Array(items) => items,
        Value::Object(mut object) => {
            let lists: Vec<String> = object.iter().filter(|(_, v)| v.is_array()).map(|(name, _)| name.clone()).collect();
            match (lists.as_slice(), lists.first().and_then(|name| object.remove(name))) {
                ([_], Some(Value::Array(items))) => items,
                _ => return Err(wrong("an object".into())),
            }
        }
        other => return Err(wrong(describe(&other))),
    };
    if items.len() > MOST_ITEMS {
        return Err(RunError {
            help: Some("limit or filter the list first, for example with data.limit".into()),
            ..fault(key, "too_many_items", format!("for_each takes at most {MOST_ITEMS} items, and the list has {}", items.len()))
        });
    }
    Ok(items)
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing (null)".into(),
        Value::Bool(_) => "a truth value".into(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "a text".into(),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}

/// Truth as JavaScript has it.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64().is_some_and(|n| n != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
