//! Changes in the language of outlines become operations on the document.

use super::compile::{Env, Open, Scope, StepBuilder, find, path_of, zoned};
use super::fill::scope_of;
use super::outline::{Argument, Body, Change, Changes, LineError, Modifiers, Names, Place, StepLine, convert, on_a_deep_stack, shorten};
use crate::edit;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::Operation;
use sayflow_protocol::workflow::Step;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What changes come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The workflow with the changes.
    pub workflow: Workflow,
    /// Steps that need their parameters.
    pub open: Vec<Open>,
    /// Main steps that are new or changed.
    pub touched: BTreeSet<String>,
}

/// Carries changes out on a workflow.
///
/// # Errors
/// What cannot be carried out, a sentence each; never an empty list.
pub fn apply(base: &Workflow, changes: &Changes, env: &Env<'_>) -> Result<Applied, Vec<String>> {
    on_a_deep_stack(|| {
        let mut maker = Maker::new(base, changes, env);
        maker.around();
        for (line, change) in &changes.changes {
            if let Err(message) = maker.change(change) {
                maker.builder.errors.push(LineError { line: *line, text: String::new(), message });
            }
        }
        maker.finish()
    })
    .unwrap_or_else(|| Err(vec!["the changes nest too deeply".to_owned()]))
}

struct Maker<'a> {
    base: &'a Workflow,
    changes: &'a Changes,
    env: &'a Env<'a>,
    builder: StepBuilder<'a>,
    operations: Vec<Operation>,
    touched: BTreeSet<String>,
    /// Ids of main steps that changes before put in, in order.
    added: Vec<String>,
}

impl<'a> Maker<'a> {
    fn new(base: &'a Workflow, changes: &'a Changes, env: &'a Env<'a>) -> Self {
        Self {
            base,
            changes,
            env,
            builder: StepBuilder::new(env.catalogue),
            operations: Vec::new(),
            touched: BTreeSet::new(),
            added: Vec::new(),
        }
    }

    fn finish(self) -> Result<Applied, Vec<String>> {
        if !self.builder.errors.is_empty() {
            return Err(self.builder.errors.iter().map(ToString::to_string).collect());
        }
        let workflow =
            edit::apply(self.base, &self.operations).map_err(|why| vec![format!("{}: {}; {}", why.place, why.message, why.help)])?;
        Ok(Applied { workflow, open: self.builder.open, touched: self.touched })
    }

    fn set(&mut self, step: Option<String>, pointer: &str, value: Value) {
        self.operations.push(Operation::Set { step, pointer: pointer.to_owned(), value });
    }

    /// What stands around the steps.
    fn around(&mut self) {
        let outline = &self.changes.outline;
        let zone = outline.timezone.as_deref().or(self.base.timezone.as_deref());
        if let Some(name) = outline.name.clone().filter(|name| *name != self.base.name) {
            self.set(None, "/name", json!(name));
        }
        if let Some(description) = &outline.description {
            self.set(None, "/description", json!(description));
        }
        if !outline.triggers.is_empty() {
            let triggers: Vec<_> = outline.triggers.iter().map(|trigger| zoned(trigger, zone, self.env.timezone)).collect();
            self.set(None, "/triggers", json!(triggers));
        } else if self.changes.no_trigger && !self.base.triggers.is_empty() {
            self.operations.push(Operation::Unset { step: None, pointer: "/triggers".to_owned() });
        }
        for (name, schema) in &outline.inputs {
            self.set(None, &format!("/inputs/{}", escape(name)), schema.clone());
        }
        let fields = [
            ("/timezone", outline.timezone.as_ref().map(|zone| json!(zone))),
            ("/concurrency", outline.concurrency.map(|count| json!(count))),
            ("/timeout", outline.timeout.as_ref().map(|timeout| json!(timeout))),
            ("/limits", outline.limits.map(|limits| json!(limits))),
            ("/tags", (!outline.tags.is_empty()).then(|| json!(outline.tags))),
        ];
        for (pointer, value) in fields {
            if let Some(value) = value {
                self.set(None, pointer, value);
            }
        }
        let scope = self.scope("");
        for (name, code) in &outline.outputs {
            match convert(code, &Names::of(&scope.known)) {
                Ok(written) => self.set(None, &format!("/outputs/{}", escape(name)), written.value),
                Err(message) => {
                    self.builder.errors.push(LineError { line: 0, text: String::new(), message: format!("output {name}: {message}") });
                }
            }
        }
    }

    /// What can be seen where a step at a path stands, new steps of the same answer too.
    fn scope(&self, path: &str) -> Scope {
        let mut scope = scope_of(self.base, path, self.env.catalogue);
        let lines: Vec<StepLine> = self
            .changes
            .changes
            .iter()
            .filter_map(|(_, change)| match change {
                Change::Step { step, .. } | Change::Add { step, .. } | Change::Replace { step, .. } => Some(step.clone()),
                _ => None,
            })
            .collect();
        scope.known.extend(Scope::of_lines(&lines, self.env.catalogue, "").known);
        for (_, change) in &self.changes.changes {
            if let Change::Rename(from, to) = change
                && let Some(shape) = scope.known.get(from).cloned()
            {
                scope.known.insert(to.clone(), shape);
            }
        }
        scope.within = path.rsplit_once('/').map_or_else(String::new, |(within, _)| within.to_owned());
        scope
    }

    /// The path of a step that is there, before or because of the changes so far.
    fn path(&self, name: &str) -> Result<String, String> {
        if let Some((path, _)) = find(self.base, name) {
            return Ok(path);
        }
        let renamed = self.changes.changes.iter().any(|(_, change)| matches!(change, Change::Rename(_, to) if to == name));
        if self.added.iter().any(|id| id == name) || renamed {
            return Ok(name.to_owned());
        }
        let mut all = Vec::new();
        super::compile::walk(&self.base.steps, "", &mut all);
        super::compile::walk(&self.base.on_failure, "on_failure", &mut all);
        let known: Vec<String> = all.into_iter().map(|(path, _)| path).collect();
        Err(format!("there is no step `{name}`; the steps are {}", known.join(", ")))
    }

    fn touch(&mut self, path: &str) {
        let main = path.split('/').next().unwrap_or(path);
        self.touched.insert(main.to_owned());
    }

    fn change(&mut self, change: &Change) -> Result<(), String> {
        match change {
            Change::Step { step, failure } => {
                let path = if *failure { path_of("on_failure", &step.id) } else { step.id.clone() };
                match find(self.base, &path).map(|(path, _)| path) {
                    Some(path) => self.replace(&path, step),
                    None => self.add(step, failure.then_some("on_failure"), &Place::Anywhere),
                }
            }
            Change::Add { step, within, place } => match find(self.base, &step.id).filter(|_| within.is_none()) {
                Some((path, _)) => Err(format!("there is a step `{path}` already; write replace {} = …, or take another name", step.id)),
                None => self.add(step, within.as_deref(), place),
            },
            Change::Replace { old, step } => {
                let path = self.path(old)?;
                self.replace(&path, step)
            }
            Change::Remove(name) => {
                let step = self.path(name)?;
                self.operations.push(Operation::Remove { step });
                Ok(())
            }
            Change::RemoveInput(name) => self.unset_around("/inputs", name, self.base.inputs.contains_key(name)),
            Change::RemoveOutput(name) => self.unset_around("/outputs", name, self.base.outputs.contains_key(name)),
            Change::Rename(from, to) => {
                let step = self.path(from)?;
                self.operations.push(Operation::Rename { step, to: to.clone() });
                Ok(())
            }
            Change::Move(name, place) => {
                let step = self.path(name)?;
                let after = match place {
                    Place::First => None,
                    Place::After(other) => Some(last_name(&self.path(other)?)),
                    Place::Anywhere => return Err(format!("write: move {name} after OTHER, or: move {name} first")),
                };
                self.operations.push(Operation::Move { step, after });
                Ok(())
            }
            Change::SetValue(name, path, code) => self.set_value(name, path, code),
            Change::SetModifiers(name, modifiers) => self.set_modifiers(name, modifiers),
            Change::Unset(name, what) => self.unset(name, what),
        }
    }

    fn unset_around(&mut self, list: &str, name: &str, there: bool) -> Result<(), String> {
        if !there {
            return Err(format!("there is no `{name}` under {}", &list[1..]));
        }
        self.operations.push(Operation::Unset { step: None, pointer: format!("{list}/{}", escape(name)) });
        Ok(())
    }

    fn built(&mut self, step: &StepLine, path: &str) -> Result<(Step, Value), String> {
        let scope = self.scope(path);
        let built = self.builder.step(step, &scope);
        let value = serde_json::to_value(&built).map_err(|why| why.to_string())?;
        Ok((built, value))
    }

    fn add(&mut self, step: &StepLine, within: Option<&str>, place: &Place) -> Result<(), String> {
        let within = match within {
            Some("on_failure") => Some("on_failure".to_owned()),
            Some(group) => Some(self.path(group)?),
            None => None,
        };
        let path = path_of(within.as_deref().unwrap_or_default(), &step.id);
        let (_, value) = self.built(step, &path)?;
        let after = match place {
            Place::First => None,
            Place::After(name) => Some(last_name(&self.path(name)?)),
            Place::Anywhere => self.after_what_it_needs(&value, within.as_deref()),
        };
        if within.is_none() {
            self.added.push(step.id.clone());
        }
        self.touch(&path);
        self.operations.push(Operation::Add { step: value, after, within });
        Ok(())
    }

    /// The last step of the list that a new one refers to; the last of all when it refers to none.
    fn after_what_it_needs(&self, step: &Value, within: Option<&str>) -> Option<String> {
        let list: Vec<&str> = match within {
            None => self.base.steps.iter().map(|step| step.id.as_str()).chain(self.added.iter().map(String::as_str)).collect(),
            Some("on_failure") => self.base.on_failure.iter().map(|step| step.id.as_str()).collect(),
            Some(group) => {
                find(self.base, group).map(|(_, group)| group.steps.iter().map(|step| step.id.as_str()).collect()).unwrap_or_default()
            }
        };
        let text = step.to_string();
        let mentioned = |id: &&&str| {
            let dotted = format!("steps.{id}.");
            text.contains(&dotted) || text.contains(&format!("steps[\\\"{id}\\\"]")) || text.contains(&format!("\"{id}\""))
        };
        list.iter().rev().find(mentioned).or(list.last()).map(|id| (*id).to_owned())
    }

    fn replace(&mut self, path: &str, step: &StepLine) -> Result<(), String> {
        let (_, value) = self.built(step, path)?;
        let within = path.rsplit_once('/').map_or("", |(within, _)| within);
        if last_name(path) != step.id {
            // References follow the new id.
            self.operations.push(Operation::Rename { step: path.to_owned(), to: step.id.clone() });
        }
        let path = path_of(within, &step.id);
        self.touch(&path);
        self.operations.push(Operation::Replace { step: path, with: value });
        Ok(())
    }

    fn set_value(&mut self, name: &str, path: &[String], code: &str) -> Result<(), String> {
        let step_path = self.path(name)?;
        let [param, inner @ ..] = path else { return Err("write: set ID.parameter = VALUE".to_owned()) };
        let existing = find(self.base, &step_path).map(|(_, step)| step.clone()).unwrap_or_default();
        let Some(action) = existing.uses.clone() else {
            return Err(format!("`{name}` is a group and has no parameters; set those of its steps"));
        };
        let scope = self.scope(&step_path);
        let value = if inner.is_empty() {
            let line = StepLine {
                id: existing.id.clone(),
                text: format!("set {name}.{param} = {}", shorten(code, 60)),
                body: Body::Call { action, arguments: vec![(param.clone(), Argument::Code(code.to_owned()))] },
                ..StepLine::default()
            };
            // Only this parameter is asked for: the others are there.
            let before = self.builder.open.len();
            let built = self.builder.step(&line, &scope);
            self.builder.open.truncate(before);
            match built.with.into_iter().next() {
                Some((_, value)) => value,
                None if self.builder.errors.is_empty() => return Err(format!("`{param}` needs a value that is written out")),
                None => return Ok(()),
            }
        } else {
            convert(code, &Names::of(&scope.known))?.value
        };
        let pointer: String = path.iter().map(|part| format!("/{}", escape(part))).collect();
        self.touch(&step_path);
        self.set(Some(step_path), &format!("/with{pointer}"), value);
        Ok(())
    }

    fn set_modifiers(&mut self, name: &str, modifiers: &Modifiers) -> Result<(), String> {
        let path = self.path(name)?;
        let scope = self.scope(&path);
        let id = last_name(&path);
        let line = StepLine {
            text: format!("set {name} …"),
            body: Body::Group { steps: Vec::new(), outputs: Vec::new() },
            id: id.clone(),
            modifiers: modifiers.clone(),
            ..StepLine::default()
        };
        let built = self.builder.step(&line, &scope);
        let Value::Object(fields) = serde_json::to_value(&built).map_err(|why| why.to_string())? else { return Ok(()) };
        for (key, value) in fields.into_iter().filter(|(key, _)| key != "id") {
            self.set(Some(path.clone()), &format!("/{key}"), value);
        }
        Ok(())
    }

    fn unset(&mut self, name: &str, what: &str) -> Result<(), String> {
        let path = self.path(name)?;
        let what = what.trim().trim_start_matches("with.");
        let key = match what {
            "for each" | "for" => "for_each",
            "else of" | "else" => "else_of",
            "after" => "needs",
            "on error" => "on_error",
            "account" => "credential",
            "key" => "idempotency_key",
            "titled" | "title" => "name",
            other => other,
        };
        let modifiers = [
            "for_each",
            "if",
            "else_of",
            "needs",
            "when",
            "repeat",
            "retry",
            "timeout",
            "on_error",
            "on_unknown",
            "credential",
            "idempotency_key",
            "name",
            "concurrency",
            "allow",
        ];
        let step = find(self.base, &path).map(|(_, step)| serde_json::to_value(step).unwrap_or_default()).unwrap_or_default();
        let parameter = step.pointer(&format!("/with/{}", escape(what))).is_some();
        let pointer = if modifiers.contains(&key) && !parameter { format!("/{key}") } else { format!("/with/{}", escape(what)) };
        // What is not there need not go.
        if step.pointer(&pointer).is_some() {
            self.operations.push(Operation::Unset { step: Some(path), pointer });
        }
        Ok(())
    }
}

fn last_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
