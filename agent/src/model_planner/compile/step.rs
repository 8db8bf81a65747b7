//! Single steps: parameters by their schemas, loops, conditions.

use super::super::cards::shape_of;
use super::super::outline::{Argument, Body, Known, LineError, Modifiers, Names, Shape, StepLine, Written, arrow_of_one, convert, shorten};
use super::loops::{Loop, conditional_loop, unwrapped};
use super::{Open, path_of};
use indexmap::IndexMap;
use sayflow_engine::action::{ActionSpec, Catalogue, role};
use sayflow_protocol::workflow::{Condition, Repeat, Retry, Step};
use serde_json::Value;

/// What can be seen where a list of steps stands.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Steps, by id.
    pub known: Known,
    /// What the item of the loop around is called.
    pub item: Option<String>,
    /// What items further out are called.
    pub hidden: Vec<String>,
    /// The path of the group, or `on_failure`.
    pub within: String,
}

impl Scope {
    /// The scope of a list of steps.
    pub fn of_lines(lines: &[StepLine], catalogue: &Catalogue, within: &str) -> Self {
        let known = lines.iter().map(|line| (line.id.clone(), shape_of_line(line, catalogue))).collect();
        Self { known, within: within.to_owned(), ..Self::default() }
    }

    /// The scope of the steps in a document's list, and of the lists around it.
    pub fn of_steps(lists: &[&[Step]], catalogue: &Catalogue, within: &str) -> Self {
        let known = lists.iter().flat_map(|list| list.iter()).map(|step| (step.id.clone(), shape_of_step(step, catalogue)));
        Self { known: known.collect(), within: within.to_owned(), ..Self::default() }
    }

    fn names<'a>(&'a self, item: Option<&'a str>, hidden: &'a [String]) -> Names<'a> {
        Names { steps: &self.known, item, hidden, per_item: false, own: None }
    }
}

fn shape_of_line(line: &StepLine, catalogue: &Catalogue) -> Shape {
    if line.modifiers.for_each.is_some() {
        return Shape::List;
    }
    match &line.body {
        Body::Call { action, .. } => catalogue.spec(action).map(shape_of).unwrap_or_default(),
        Body::Group { outputs, .. } => Shape::Object { fields: outputs.iter().map(|(name, _)| name.clone()).collect(), list: None },
    }
}

/// What is known of the output of a document's step.
pub fn shape_of_step(step: &Step, catalogue: &Catalogue) -> Shape {
    match &step.uses {
        _ if step.for_each.is_some() => Shape::List,
        Some(action) => catalogue.spec(action).map(shape_of).unwrap_or_default(),
        None => Shape::Object { fields: step.outputs.keys().cloned().collect(), list: None },
    }
}

/// Builds steps and collects what is wrong or missing.
pub struct StepBuilder<'a> {
    catalogue: &'a Catalogue,
    /// Lines that mean nothing.
    pub errors: Vec<LineError>,
    /// Steps that need their parameters.
    pub open: Vec<Open>,
}

impl<'a> StepBuilder<'a> {
    /// One with nothing built yet.
    pub fn new(catalogue: &'a Catalogue) -> Self {
        Self { catalogue, errors: Vec::new(), open: Vec::new() }
    }

    /// All steps of a list.
    pub fn steps(&mut self, lines: &[StepLine], scope: &Scope) -> Vec<Step> {
        lines.iter().map(|line| self.step(line, scope)).collect()
    }

    fn refuse(&mut self, line: &StepLine, message: String) {
        self.errors.push(LineError { line: line.line, text: shorten(&line.text, 90), message });
    }

    /// One step.
    pub fn step(&mut self, line: &StepLine, scope: &Scope) -> Step {
        let modifiers = &line.modifiers;
        let outer = scope.names(scope.item.as_deref(), &scope.hidden);
        let mut step = Step { id: line.id.clone(), name: modifiers.title.clone(), ..Step::default() };
        let around = self.looped(line, modifiers, &outer);
        step.for_each = around.list;
        step.condition = around.condition;
        let (item, hidden) = match &modifiers.for_each {
            Some((name, _)) => {
                (Some(name.as_str()), scope.hidden.iter().cloned().chain(scope.item.clone()).filter(|outer| outer != name).collect())
            }
            None => (scope.item.as_deref(), scope.hidden.clone()),
        };
        self.how(&mut step, line, scope, item, &hidden);
        match &line.body {
            Body::Call { action, arguments } => self.call(&mut step, line, action, arguments, &scope.names(item, &hidden), &scope.within),
            Body::Group { steps, outputs } => {
                let within = path_of(&scope.within, &line.id);
                let mut inner = Scope::of_lines(steps, self.catalogue, &within);
                inner.known.extend(scope.known.iter().filter(|(id, _)| **id != line.id).map(|(id, shape)| (id.clone(), shape.clone())));
                inner.known.extend(steps.iter().map(|step| (step.id.clone(), shape_of_line(step, self.catalogue))));
                inner.item = item.map(str::to_owned);
                inner.hidden = hidden;
                step.steps = self.steps(steps, &inner);
                let names = inner.names(inner.item.as_deref(), &inner.hidden);
                for (name, code) in outputs {
                    if let Some(written) = self.value(line, &format!("output {name}"), code, &names) {
                        step.outputs.insert(name.clone(), written.value);
                    }
                }
            }
        }
        step
    }

    /// The list and the condition. A condition about the items picks items of the list.
    fn looped(&mut self, line: &StepLine, modifiers: &Modifiers, outer: &Names<'_>) -> Loop {
        let mut condition = modifiers.condition.clone();
        let mut list = None;
        if let Some((name, code)) = &modifiers.for_each {
            let written = self.value(line, "the list", code, outer);
            list = written.map(|written| unwrapped(written.value, outer.steps));
            if let Some(value) = &list
                && let Some(picked) = condition.as_deref().and_then(|condition| conditional_loop(value, name, condition, outer))
            {
                list = Some(picked);
                condition = None;
            }
        }
        let condition =
            condition.and_then(|code| self.value(line, "the condition", &code, outer)).map(|written| as_condition(&written.value));
        Loop { list, condition }
    }

    fn how(&mut self, step: &mut Step, line: &StepLine, scope: &Scope, item: Option<&str>, hidden: &[String]) {
        let modifiers = &line.modifiers;
        step.else_of.clone_from(&modifiers.else_of);
        step.needs.clone_from(&modifiers.after);
        step.when = modifiers.when;
        step.concurrency = modifiers.concurrency;
        step.credential.clone_from(&modifiers.account);
        step.timeout.clone_from(&modifiers.timeout);
        step.on_error = modifiers.on_error;
        step.on_unknown = modifiers.on_unknown;
        step.allow = modifiers.allow.iter().cloned().collect();
        step.retry = modifiers.retry.clone().map(|(max_attempts, backoff)| Retry {
            max_attempts: max_attempts.clamp(1, 20),
            backoff,
            max_backoff: None,
        });
        for id in step.needs.iter().chain(&step.else_of).chain(modifiers.else_of.iter()) {
            if !scope.known.contains_key(id) {
                let message = format!("there is no step `{id}` here; the steps are {}", listed(&scope.known));
                self.errors.push(LineError { line: line.line, text: shorten(&line.text, 90), message });
                break;
            }
        }
        let names = scope.names(item, hidden);
        if let Some(repeat) = &modifiers.repeat {
            let own = Names { own: Some(&line.id), ..names };
            if let Some(written) = self.value(line, "the condition of `repeat until`", &repeat.until, &own) {
                step.repeat = Some(Repeat { until: as_condition(&written.value), every: repeat.every.clone(), max: repeat.max.max(1) });
            }
        }
        if let Some(code) = &modifiers.key
            && let Some(written) = self.value(line, "the key", code, &names)
        {
            step.idempotency_key = Some(written.value.as_str().map_or_else(|| written.value.to_string(), str::to_owned));
        }
    }

    fn call(&mut self, step: &mut Step, line: &StepLine, action: &str, arguments: &[(String, Argument)], names: &Names<'_>, within: &str) {
        step.uses = Some(action.to_owned());
        let Some(spec) = self.catalogue.spec(action) else {
            let near = nearest(action, self.catalogue.specs().map(|spec| spec.id.as_str()));
            let help = near.map_or_else(|| "use one of the actions in the list".to_owned(), |near| format!("did you mean {near}?"));
            return self.refuse(line, format!("there is no action `{action}`; {help}"));
        };
        let mut open = Open { path: path_of(within, &line.id), ..Open::default() };
        for (name, argument) in arguments {
            let name = param_name(spec, name);
            match argument {
                Argument::Later(wanted) => open.wanted.push((name, wanted.clone())),
                Argument::Code(code) => match self.parameter(line, spec, &name, code, names) {
                    Some(Parameter::Value(value)) => {
                        step.with.insert(name, value);
                    }
                    Some(Parameter::Later(wanted)) => open.wanted.push((name, wanted)),
                    None => {}
                },
            }
        }
        for name in missing(spec, &step.with) {
            if !open.wanted.iter().any(|(wanted, _)| *wanted == name) {
                open.wanted.push((name, String::new()));
            }
        }
        if !open.wanted.is_empty() {
            self.open.push(open);
        }
    }

    fn parameter(&mut self, line: &StepLine, spec: &ActionSpec, name: &str, code: &str, names: &Names<'_>) -> Option<Parameter> {
        let what = format!("`{name}`");
        if spec.is_lambda(name) {
            let outer: Vec<String> =
                names.hidden.iter().cloned().chain(names.item.map(str::to_owned)).filter(|outer| outer != "item").collect();
            // `order => order.total > 3` says how the item is called.
            if let Some((item, body)) = arrow_of_one(code) {
                let inner = Names { item: Some(&item), hidden: &outer, per_item: false, ..*names };
                return self.value(line, &what, &body, &inner).map(|written| Parameter::Value(written.value));
            }
            let inner = Names { item: None, hidden: &outer, per_item: true, ..*names };
            let written = self.written(line, &what, code, &inner)?;
            if let Some(wanted) = written.later {
                return Some(Parameter::Later(wanted));
            }
            if let Some(word) = written.word {
                return Some(Parameter::Value(Value::from(word)));
            }
            // A condition in quotes is a condition.
            if let Value::String(text) = &written.value
                && !text.contains("${{")
                && spec.param(name).and_then(|schema| schema.get("x-role")).is_some_and(|role| role == role::CONDITION)
                && text.contains("item")
                && let Ok(meant) = convert(text, &inner)
            {
                return Some(Parameter::Value(meant.value));
            }
            self.resolved(line, &what, &written, &inner)?;
            return Some(Parameter::Value(written.value));
        }
        let written = self.written(line, &what, code, names)?;
        if let Some(wanted) = written.later {
            return Some(Parameter::Later(wanted));
        }
        if let Some(word) = &written.word
            && takes_text(spec, name)
        {
            return Some(Parameter::Value(Value::from(word.as_str())));
        }
        self.resolved(line, &what, &written, names)?;
        let value = if takes_list(spec, name) { unwrapped(written.value, names.steps) } else { written.value };
        Some(Parameter::Value(value))
    }

    fn written(&mut self, line: &StepLine, what: &str, code: &str, names: &Names<'_>) -> Option<Written> {
        match convert(code, names) {
            Ok(written) => Some(written),
            Err(message) => {
                self.refuse(line, format!("{what}: {message}"));
                None
            }
        }
    }

    fn value(&mut self, line: &StepLine, what: &str, code: &str, names: &Names<'_>) -> Option<Written> {
        let written = self.written(line, what, code, names)?;
        self.resolved(line, what, &written, names)?;
        Some(written)
    }

    /// Whether every name means something.
    fn resolved(&mut self, line: &StepLine, what: &str, written: &Written, names: &Names<'_>) -> Option<()> {
        if let Some(name) = written.unknown.first() {
            let near =
                nearest(name, names.steps.keys().map(String::as_str)).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let help = "write inputs.NAME, trigger.payload, now, the item of a loop, or the name of a step";
            self.refuse(
                line,
                format!("{what}: `{name}` means nothing here{near}; the steps are {}; {help}; text needs quotes", listed(names.steps)),
            );
            return None;
        }
        if let Some(name) = written.hidden.first() {
            let help =
                "a parameter that is evaluated per item has an `item` of its own; use a function instead: list.filter(x => x.id === …)";
            let help = if names.per_item {
                help
            } else {
                "only the item of the nearest loop can be seen; keep what is needed with data.map first"
            };
            self.refuse(line, format!("{what}: `{name}` cannot be seen here: {help}"));
            return None;
        }
        Some(())
    }
}

enum Parameter {
    Value(Value),
    Later(String),
}

fn as_condition(value: &Value) -> Condition {
    match value {
        Value::Bool(value) => Condition::Bool(*value),
        Value::String(text) if text.contains("${{") => Condition::Expression(text.clone()),
        other => Condition::Expression(format!("${{{{ {other} }}}}")),
    }
}

/// The parameter that was meant: case and `_` do not count.
fn param_name(spec: &ActionSpec, name: &str) -> String {
    if spec.param(name).is_some() {
        return name.to_owned();
    }
    let plain = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    let known = spec.params.get("properties").and_then(Value::as_object);
    known.and_then(|known| known.keys().find(|known| plain(known) == plain(name))).map_or_else(|| name.to_owned(), Clone::clone)
}

/// Parameters that must be given and are not.
pub fn missing(spec: &ActionSpec, with: &IndexMap<String, Value>) -> Vec<String> {
    let names = |list: &Value| -> Vec<String> {
        list.as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|name| !with.contains_key(*name))
            .map(str::to_owned)
            .collect()
    };
    let mut missing = spec.params.get("required").map(names).unwrap_or_default();
    // Of several groups of parameters one must be whole.
    if let Some(choices) = spec.params.get("anyOf").and_then(Value::as_array) {
        let groups: Vec<Vec<String>> = choices.iter().filter_map(|choice| choice.get("required")).map(names).collect();
        if groups.len() == choices.len() && !groups.iter().any(Vec::is_empty) {
            missing.extend(groups.into_iter().next().unwrap_or_default());
        }
    }
    missing
}

fn takes_text(spec: &ActionSpec, name: &str) -> bool {
    let Some(schema) = spec.param(name) else { return false };
    let text = |schema: &Value| schema.get("type").is_some_and(|kind| kind.to_string().contains("string")) || schema.get("enum").is_some();
    let choices = ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
    text(schema) || choices.into_iter().any(|choice| text(choice) || choice.get("const").is_some())
}

fn takes_list(spec: &ActionSpec, name: &str) -> bool {
    spec.param(name).is_some_and(|schema| {
        schema.get("x-role").is_some_and(|kind| kind == role::ITEMS || kind == role::OTHER_ITEMS)
            || schema.get("type").is_some_and(|kind| kind == "array")
    })
}

fn listed(known: &Known) -> String {
    if known.is_empty() { "none".to_owned() } else { known.keys().cloned().collect::<Vec<_>>().join(", ") }
}

/// The known name nearest to a misspelt one.
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|name| (strsim::jaro_winkler(word, name), name))
        .filter(|(score, _)| *score > 0.84)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
