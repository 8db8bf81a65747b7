//! What a careful person adds to every workflow: another try where a network may fail, a limit to waiting, and no
//! message about an empty list.

use super::super::outline::on_a_deep_stack;
use super::Env;
use sayflow_engine::action::{ActionSpec, Catalogue, role};
use sayflow_engine::expr::Template;
use sayflow_protocol::workflow::{Condition, Retry, Step};
use sayflow_protocol::{DestinationKind, Effect, Interval, Workflow};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Attempts and the first pause where a network may fail.
const ATTEMPTS: u32 = 3;
const PAUSE_MS: u64 = 2_000;
/// How long a read over the network may take.
const READ_MS: u64 = 30_000;
/// How far a message's list is looked for through steps that put texts together.
const DEPTH: usize = 3;

/// Words that say that a message is wanted without anything to tell, too.
const EVEN_IF_EMPTY: &[&str] = &[
    "even if",
    "even when",
    "if there are none",
    "if there is none",
    "if there's none",
    "if none",
    "when there are none",
    "if there is nothing",
    "if there's nothing",
    "if there are no",
    "if there is no",
    "when there is nothing",
    "if nothing",
    "is empty",
    "are empty",
    "no matter",
    "in any case",
    "either way",
    "always post",
    "always send",
    "regardless",
];

/// Adds to all steps of a new workflow.
pub fn care_for(workflow: &mut Workflow, env: &Env<'_>) {
    let all: BTreeSet<String> = workflow.steps.iter().map(|step| step.id.clone()).collect();
    care_for_steps(workflow, &all, env);
}

/// Adds to some of the main steps, and to all steps inside of them.
pub fn care_for_steps(workflow: &mut Workflow, ids: &BTreeSet<String>, env: &Env<'_>) {
    let wanted_anyway = says_even_if_empty(env.request);
    let guards: Vec<(usize, String)> = if wanted_anyway {
        Vec::new()
    } else {
        let steps = &workflow.steps;
        let guarded = |(at, step): (usize, &Step)| Some((at, guard_of(step, steps, env.catalogue).filter(|_| ids.contains(&step.id))?));
        on_a_deep_stack(|| steps.iter().enumerate().filter_map(guarded).collect()).unwrap_or_default()
    };
    for (at, condition) in guards {
        workflow.steps[at].condition = Some(Condition::Expression(condition));
    }
    for step in workflow.steps.iter_mut().filter(|step| ids.contains(&step.id)) {
        care_for_network(step, env.catalogue);
    }
}

fn says_even_if_empty(request: &str) -> bool {
    let text = request.to_lowercase();
    EVEN_IF_EMPTY.iter().any(|words| text.contains(words))
}

fn care_for_network(step: &mut Step, catalogue: &Catalogue) {
    for inner in &mut step.steps {
        care_for_network(inner, catalogue);
    }
    let Some(spec) = step.uses.as_deref().and_then(|id| catalogue.spec(id)) else { return };
    let hosts = spec.destinations.iter().any(|place| place.kind == DestinationKind::Host);
    if !hosts && spec.service.is_none() {
        return;
    }
    let with: Map<String, Value> = step.with.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let reads = spec.effect_of(&with) == Effect::Read;
    let repeatable = reads || spec.is_idempotent_with(&with) || spec.takes_key_with(&with, step.idempotency_key.as_deref());
    // A step that is repeated anyway, or whose failure is what the workflow looks for, decides for itself.
    if repeatable && step.retry.is_none() && step.repeat.is_none() {
        step.retry = Some(Retry { max_attempts: ATTEMPTS, backoff: Some(Interval::from_millis(PAUSE_MS)), max_backoff: None });
    }
    if reads && step.timeout.is_none() {
        step.timeout = Some(Interval::from_millis(READ_MS));
    }
}

/// The condition under which a message has something to tell: one of the lists that it tells of is not empty.
fn guard_of(step: &Step, steps: &[Step], catalogue: &Catalogue) -> Option<String> {
    let spec = catalogue.spec(step.uses.as_deref()?)?;
    let message = spec.effect.strongest() == Effect::Write
        && spec.param_with_role(role::TEXT).is_some()
        && spec.destinations.iter().any(|place| matches!(place.kind, DestinationKind::Channel | DestinationKind::Recipient));
    if !message || step.for_each.is_some() || step.condition.is_some() || step.else_of.is_some() || step.repeat.is_some() {
        return None;
    }
    let mut lists = Vec::new();
    lists_told(step, steps, catalogue, DEPTH, &mut lists);
    lists.dedup();
    if lists.is_empty() {
        return None;
    }
    let tests: Vec<String> = lists.iter().map(|list| test_of(list, steps)).collect();
    Some(format!("${{{{ {} }}}}", tests.join(" || ")))
}

/// Whether a list has items. The output of a step that may be left out is null then.
fn test_of(list: &str, steps: &[Step]) -> String {
    let of = steps.iter().find(|step| {
        let path = super::super::outline::step_path(&step.id);
        list.strip_prefix(&path).is_some_and(|rest| rest.starts_with(".output"))
    });
    let may_be_null = of.is_some_and(|step| step.condition.is_some() || step.else_of.is_some() || step.on_error.is_some());
    if may_be_null { format!("{}?.length > 0", list.replacen(".output.", ".output?.", 1)) } else { format!("{list}.length > 0") }
}

/// The lists whose items a step's parameters tell of. A count alone is worth telling when it is nothing.
fn lists_told(step: &Step, steps: &[Step], catalogue: &Catalogue, depth: usize, lists: &mut Vec<String>) {
    for value in step.with.values() {
        let Ok(template) = Template::compile(value) else { continue };
        for reference in template.references().iter().filter(|reference| reference.root == "steps") {
            let [id, output, fields @ ..] = reference.path.as_slice() else { continue };
            let Some(source) = steps.iter().find(|step| step.id == *id).filter(|_| output == "output") else { continue };
            let Some(spec) = source.uses.as_deref().and_then(|id| catalogue.spec(id)) else { continue };
            let path = format!("{}.output", super::super::outline::step_path(id));
            if source.for_each.is_some() {
                if fields.is_empty() || fields[0] != "length" {
                    push(lists, path);
                }
            } else if let Some(list) = list_in(spec, fields, &path, value) {
                if !always_has_items(source, spec) {
                    push(lists, list);
                }
            } else if depth > 0 && puts_text_together(spec) {
                lists_told(source, steps, catalogue, depth - 1, lists);
            }
        }
    }
}

fn push(lists: &mut Vec<String>, list: String) {
    if !lists.contains(&list) {
        lists.push(list);
    }
}

/// The list at the beginning of a path of fields.
fn list_in(spec: &ActionSpec, fields: &[String], path: &str, value: &Value) -> Option<String> {
    let mut schema = &spec.output;
    let mut at = path.to_owned();
    for (number, field) in fields.iter().enumerate() {
        schema = schema.get("properties")?.get(field)?;
        at.push_str(&format!(".{field}"));
        let next = fields.get(number + 1).map(String::as_str);
        if schema.get("type").is_some_and(|kind| kind == "array") {
            return (next != Some("length")).then_some(at);
        }
        // The content of a file may be anything; whoever goes through it knows that it is a list.
        let untyped = schema.get("type").is_none() && schema.get("anyOf").is_none() && schema.get("properties").is_none();
        if untyped && next.is_none() {
            let text = value.to_string();
            let gone_through = [".map(", ".filter(", ".slice(", ".join("].iter().any(|method| text.contains(&format!("{at}{method}")));
            return gone_through.then_some(at);
        }
    }
    None
}

/// Sums over all items are one item, whatever there is to sum up.
fn always_has_items(step: &Step, spec: &ActionSpec) -> bool {
    spec.param_with_role(role::MEASURES).is_some() && spec.param_with_role(role::BY).is_none_or(|by| !step.with.contains_key(by))
}

/// Whether what comes out is a text made of what goes in.
fn puts_text_together(spec: &ActionSpec) -> bool {
    spec.effect.strongest() != Effect::Write && (spec.param_with_role(role::TEXT).is_some() || spec.id.starts_with("ai."))
}
