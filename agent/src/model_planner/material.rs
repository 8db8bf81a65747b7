//! What goes into the prompts: the actions and examples that belong to a request, and what is known.

use super::Facts;
use super::cards::{Detail, card};
use super::outline::{render, shorten};
use crate::conversation::{PlanInput, Who};
use crate::retrieval::EntryKind;
use crate::templates;
use sayflow_engine::action::{ActionSpec, Catalogue, EffectRule, role};
use sayflow_prompts::{KnownFacts, KnownFile, KnownTables, PlanAnswered, Said};
use sayflow_protocol::workflow::Step;
use sayflow_protocol::{Effect, Workflow};

/// How many of the actions that were found are shown, and how many of them with their parameters explained.
const ACTIONS: usize = 30;
const EXPLAINED: usize = 10;
/// How many examples are shown, and how long one and all of them may be, in characters.
const EXAMPLES: usize = 5;
const EXAMPLE_LENGTH: usize = 1_400;
const EXAMPLES_LENGTH: usize = 4_000;
/// How many messages of the conversation are shown, and how long each.
const MESSAGES: usize = 6;
const MESSAGE_LENGTH: usize = 240;

/// The actions for a request: those that were found, best first, those that the workflow uses already, and the few that
/// almost every workflow needs.
pub fn actions(input: &PlanInput, catalogue: &Catalogue) -> Vec<String> {
    let mut chosen: Vec<&ActionSpec> = Vec::new();
    let mut add = |spec: Option<&'_ ActionSpec>| -> bool {
        let Some(spec) = spec.and_then(|spec| catalogue.spec(&spec.id)) else { return false };
        let is_new = !chosen.iter().any(|known| known.id == spec.id);
        if is_new {
            chosen.push(spec);
        }
        is_new
    };
    for step in input.base.iter().flat_map(|base| all_steps(base)) {
        add(step.uses.as_deref().and_then(|id| catalogue.spec(id)));
    }
    for hit in input.retrieved.actions.iter().take(ACTIONS) {
        add(catalogue.spec(&hit.id));
    }
    for spec in catalogue.specs().filter(|spec| is_staple(spec)) {
        add(Some(spec));
    }
    let detail =
        |(place, spec): (usize, &&ActionSpec)| if place < EXPLAINED || is_staple(spec) { Detail::Parameters } else { Detail::Line };
    chosen.iter().enumerate().map(|entry| card(entry.1, detail(entry))).collect()
}

/// What works on lists without touching the world, and the general request: nearly every workflow needs one of them,
/// whatever words its request uses.
fn is_staple(spec: &ActionSpec) -> bool {
    let has = |role: &str| spec.param_with_role(role).is_some();
    (spec.effect == EffectRule::Fixed(Effect::None) && has(role::ITEMS)) || (has(role::URL) && has(role::METHOD))
}

/// All steps of a workflow, those of groups and of the failure part too.
pub fn all_steps(workflow: &Workflow) -> Vec<&Step> {
    fn add<'w>(steps: &'w [Step], all: &mut Vec<&'w Step>) {
        for step in steps {
            all.push(step);
            add(&step.steps, all);
        }
    }
    let mut all = Vec::new();
    add(&workflow.steps, &mut all);
    add(&workflow.on_failure, &mut all);
    all
}

/// Workflows for other requests, as outlines.
pub fn examples(input: &PlanInput, facts: &Facts) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    for hit in input.retrieved.demonstrations.iter().take(EXAMPLES) {
        let found = match hit.kind {
            EntryKind::Template => templates::find(&hit.id)
                .map(|template| (template.info.examples.first().cloned().unwrap_or_default(), render(&template.workflow))),
            EntryKind::Workflow => facts
                .saved
                .iter()
                .find(|workflow| workflow.name == hit.id)
                .map(|workflow| (workflow.description.clone().unwrap_or_default(), render(workflow))),
            EntryKind::Action => None,
        };
        let Some((request, outline)) = found.filter(|(_, outline)| outline.len() <= EXAMPLE_LENGTH) else { continue };
        let text = if request.is_empty() { outline } else { format!("For the request: {}\n{outline}", shorten(&request, 160)) };
        if shown.iter().map(String::len).sum::<usize>() + text.len() <= EXAMPLES_LENGTH {
            shown.push(text);
        }
    }
    shown
}

/// What is known, as the prompts have it.
pub fn known(input: &PlanInput, facts: &Facts) -> KnownFacts {
    let said = &input.digest.recent;
    let earlier = input.digest.earlier.iter().map(|text| Said { who: "earlier".to_owned(), text: shorten(text, 2 * MESSAGE_LENGTH) });
    let recent = said.iter().skip(said.len().saturating_sub(MESSAGES)).map(|said| Said {
        who: if said.who == Who::Person { "person" } else { "agent" }.to_owned(),
        text: shorten(if said.who == Who::Person { &said.text } else { &said.gist }, MESSAGE_LENGTH),
    });
    KnownFacts {
        now: facts.now.strftime("%A, %-d %B %Y, %H:%M").to_string(),
        zone: facts.timezone.clone(),
        accounts: facts.accounts(),
        workflows: facts.workflow_names(),
        files: files(facts),
        databases: facts.databases.iter().map(|found| KnownTables { path: found.path.clone(), tables: found.tables.clone() }).collect(),
        other_files: facts.other_files.clone(),
        said: earlier.chain(recent).collect(),
    }
}

/// The files that the request speaks of.
pub fn files(facts: &Facts) -> Vec<KnownFile> {
    facts.files.iter().map(|file| KnownFile { path: file.path.clone(), shape: file.shape.clone(), sample: file.sample.clone() }).collect()
}

/// What was asked and answered.
pub fn answers(input: &PlanInput) -> Vec<PlanAnswered> {
    input.answers.iter().map(|(question, value)| PlanAnswered { question: question.text.clone(), value: value.clone() }).collect()
}
