//! From an outline to a document, by rule: the same outline always gives the same document.

mod care;
mod loops;
mod places;
mod rhythm;
mod step;

pub use care::{care_for, care_for_steps};
pub use places::{at_pointer, find, find_mut, path_of, walk};
pub use rhythm::rhythm_fault;
pub use step::{Scope, StepBuilder};

use super::outline::{LineError, Names, Outline, convert, on_a_deep_stack};
use indexmap::IndexMap;
use sayflow_engine::action::Catalogue;
use sayflow_protocol::Workflow;
use sayflow_protocol::workflow::Trigger;
use serde_json::Value;

/// What an outline is compiled for.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// What steps can do.
    pub catalogue: &'a Catalogue,
    /// IANA name of the zone of schedules that name none.
    pub timezone: &'a str,
    /// Names that other workflows have.
    pub taken: &'a [String],
    /// The request, for what nobody wrote down.
    pub request: &'a str,
}

/// A step whose parameters are not all there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Open {
    /// Its path: `post`, `each/send`, `on_failure/tell`.
    pub path: String,
    /// What is wanted, by parameter.
    pub wanted: Vec<(String, String)>,
    /// What is wrong with what was given.
    pub faults: Vec<String>,
}

/// A document, and what is still open in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The document.
    pub workflow: Workflow,
    /// Steps that need their parameters.
    pub open: Vec<Open>,
}

/// Compiles a whole outline.
///
/// # Errors
/// Every line that means nothing; never an empty list.
pub fn compile(outline: &Outline, env: &Env<'_>) -> Result<Compiled, Vec<LineError>> {
    on_a_deep_stack(|| build(outline, env))
        .unwrap_or_else(|| Err(vec![LineError { line: 0, text: String::new(), message: "the outline nests too deeply".to_owned() }]))
}

fn build(outline: &Outline, env: &Env<'_>) -> Result<Compiled, Vec<LineError>> {
    let mut builder = StepBuilder::new(env.catalogue);
    let main = Scope::of_lines(&outline.steps, env.catalogue, "");
    let steps = builder.steps(&outline.steps, &main);
    // Failure steps see what the others came to.
    let mut after = Scope::of_lines(&outline.on_failure, env.catalogue, "on_failure");
    after.known.extend(main.known.iter().map(|(id, shape)| (id.clone(), shape.clone())));
    let on_failure = builder.steps(&outline.on_failure, &after);
    let mut outputs = IndexMap::new();
    for (name, code) in &outline.outputs {
        match convert(code, &Names::of(&main.known)) {
            Ok(written) => {
                outputs.insert(name.clone(), written.value);
            }
            Err(message) => builder.errors.push(LineError { line: 0, text: String::new(), message: format!("output {name}: {message}") }),
        }
    }
    let workflow = Workflow {
        name: free_name(outline.name.as_deref(), env),
        description: outline.description.clone().or_else(|| Some(super::outline::shorten(env.request, 200))),
        triggers: outline.triggers.iter().map(|trigger| zoned(trigger, outline.timezone.as_deref(), env.timezone)).collect(),
        inputs: outline.inputs.clone(),
        steps,
        on_failure,
        outputs,
        concurrency: outline.concurrency,
        limits: outline.limits,
        timeout: outline.timeout.clone(),
        timezone: outline.timezone.clone(),
        tags: outline.tags.clone(),
    };
    if builder.errors.is_empty() { Ok(Compiled { workflow, open: builder.open }) } else { Err(builder.errors) }
}

/// A schedule says in which zone it is meant, so that it keeps its meaning on another machine.
pub fn zoned(trigger: &Trigger, of_workflow: Option<&str>, default: &str) -> Trigger {
    let mut trigger = trigger.clone();
    if let Trigger::Schedule { cron, at, timezone: zone @ None, .. } = &mut trigger
        && (cron.is_some() || at.is_some())
        && of_workflow.is_none()
    {
        *zone = Some(default.to_owned());
    }
    trigger
}

/// The name that was wished for, or one made of the request, different from all others.
fn free_name(wish: Option<&str>, env: &Env<'_>) -> String {
    let of_request = || {
        let words: Vec<String> = env
            .request
            .split(|c: char| !c.is_ascii_alphanumeric())
            .map(str::to_lowercase)
            .filter(|word| word.len() > 2 && !["the", "and", "for", "from", "with", "every", "please"].contains(&word.as_str()))
            .take(4)
            .collect();
        words.join("-")
    };
    let base = wish.map_or_else(of_request, str::to_owned);
    let base = base.trim_start_matches(|c: char| !c.is_ascii_lowercase()).to_owned();
    let base: String = if base.is_empty() { "workflow".to_owned() } else { base.chars().take(48).collect() };
    if !env.taken.contains(&base) {
        return base;
    }
    (2..).map(|number| format!("{base}-{number}")).find(|name| !env.taken.contains(name)).unwrap_or(base)
}

/// A value, when it is one expression and nothing else: its code.
pub(super) fn whole_code(value: &Value) -> Option<&str> {
    let text = value.as_str()?.trim();
    match super::outline::parts(text).as_slice() {
        [super::outline::Part::Code(code)] => Some(code),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
