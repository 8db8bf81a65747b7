//! The document laid out for the checks: every step with its list, every text that may hold expressions.

use super::CheckEnv;
use crate::action::ActionSpec;
use crate::document::escape;
use crate::expr::{ExprError, Reference, Template};
use indexmap::IndexMap;
use sayflow_protocol::Workflow;
use sayflow_protocol::workflow::{Condition, Step};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// A workflow laid out.
pub(super) struct Survey<'a> {
    pub workflow: &'a Workflow,
    pub env: &'a CheckEnv<'a>,
    /// Every step, groups before their inner steps.
    pub sites: Vec<Site<'a>>,
    /// Every list of steps. The first is the workflow's, the second `on_failure`.
    pub lists: Vec<List<'a>>,
    /// Every text that may hold expressions; those of one step stand together.
    pub leaves: Vec<Leaf<'a>>,
    /// By step: the steps of its own list that it, or anything in it, needs, in order.
    pub needs: Vec<Vec<usize>>,
    /// Inputs that are known to hold outsiders' words: those that another workflow hands over.
    pub outside_inputs: BTreeSet<String>,
}

/// A step in its place.
pub(super) struct Site<'a> {
    pub step: &'a Step,
    pub pointer: String,
    /// The list it is in.
    pub list: usize,
    /// The list of its inner steps, for a group.
    pub inner: Option<usize>,
    /// The declaration of its action, when there is one.
    pub spec: Option<&'a ActionSpec>,
    leaves: Range<usize>,
}

/// A list of steps.
pub(super) struct List<'a> {
    /// The steps' numbers in [`Survey::sites`].
    pub sites: Vec<usize>,
    /// The first step of each id.
    by_id: HashMap<&'a str, usize>,
    /// The group that it belongs to.
    pub group: Option<usize>,
}

impl List<'_> {
    fn new(group: Option<usize>) -> Self {
        Self { sites: Vec::new(), by_id: HashMap::new(), group }
    }
}

pub(super) const MAIN: usize = 0;
pub(super) const ON_FAILURE: usize = 1;

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role<'a> {
    /// A parameter.
    With(&'a str),
    /// A parameter that is evaluated per item.
    Lambda(&'a str),
    If,
    ForEach,
    Until,
    IdempotencyKey,
    /// An output of a group.
    GroupOutput,
    /// An output of the workflow.
    Output,
}

/// A text that may hold expressions.
pub(super) struct Leaf<'a> {
    /// The step it belongs to; none for the workflow's outputs.
    pub owner: Option<usize>,
    pub pointer: String,
    pub text: &'a str,
    pub role: Role<'a>,
    pub template: Result<Template, Vec<ExprError>>,
}

impl Leaf<'_> {
    /// Everything it refers to; nothing when it is broken.
    pub(super) fn references(&self) -> &[Reference] {
        self.template.as_ref().map_or(&[], Template::references)
    }

    pub(super) fn holds_expression(&self) -> bool {
        self.text.contains("${{")
    }
}

impl<'a> Survey<'a> {
    pub(super) fn new(workflow: &'a Workflow, env: &'a CheckEnv<'a>) -> Self {
        let mut survey = Self {
            workflow,
            env,
            sites: Vec::new(),
            lists: Vec::new(),
            leaves: Vec::new(),
            needs: Vec::new(),
            outside_inputs: BTreeSet::new(),
        };
        survey.lists.push(List::new(None));
        survey.lists.push(List::new(None));
        survey.add_steps(&workflow.steps, "/steps", MAIN);
        survey.add_steps(&workflow.on_failure, "/on_failure", ON_FAILURE);
        survey.add_map(&workflow.outputs, "/outputs", None, |_| Role::Output);
        survey.needs = survey.find_needs();
        survey
    }

    fn find_needs(&self) -> Vec<Vec<usize>> {
        let mut needs = vec![Vec::new(); self.sites.len()];
        for (number, site) in self.sites.iter().enumerate() {
            needs[number].extend(site.step.needs.iter().chain(&site.step.else_of).filter_map(|id| self.find_in(site.list, id)));
        }
        for leaf in &self.leaves {
            let Some(owner) = leaf.owner else { continue };
            for id in leaf.references().iter().filter(|reference| reference.root == "steps").filter_map(|reference| reference.path.first())
            {
                let Some(needed) = self.find(leaf, id) else { continue };
                // What a step in a group needs outside, the group needs.
                for site in self.with_groups(owner) {
                    if self.sites[site].list == self.sites[needed].list {
                        needs[site].push(needed);
                    }
                }
            }
        }
        for (number, needed) in needs.iter_mut().enumerate() {
            needed.sort_unstable();
            needed.dedup();
            needed.retain(|other| *other != number);
        }
        needs
    }

    fn add_steps(&mut self, steps: &'a [Step], pointer: &str, list: usize) {
        for (at, step) in steps.iter().enumerate() {
            let pointer = format!("{pointer}/{at}");
            let number = self.sites.len();
            let spec = step.uses.as_deref().and_then(|uses| self.env.catalogue.spec(uses));
            let first = self.leaves.len();
            self.sites.push(Site { step, pointer: pointer.clone(), list, inner: None, spec, leaves: first..first });
            self.lists[list].sites.push(number);
            self.lists[list].by_id.entry(&step.id).or_insert(number);
            self.add_leaves(number, spec, &pointer);
            self.sites[number].leaves = first..self.leaves.len();
            if !step.steps.is_empty() {
                let inner = self.lists.len();
                self.lists.push(List::new(Some(number)));
                self.sites[number].inner = Some(inner);
                self.add_steps(&step.steps, &format!("{pointer}/steps"), inner);
            }
        }
    }

    fn add_leaves(&mut self, number: usize, spec: Option<&'a ActionSpec>, pointer: &str) {
        let step = self.sites[number].step;
        let owner = Some(number);
        self.add_map(&step.with, &format!("{pointer}/with"), owner, |name| match spec.and_then(|spec| spec.param(name)) {
            Some(schema) if mentions_lambda(schema) => Role::Lambda(name),
            _ => Role::With(name),
        });
        if let Some(Condition::Expression(text)) = &step.condition {
            self.add_text(text, format!("{pointer}/if"), owner, Role::If);
        }
        if let Some(list) = &step.for_each {
            self.add_value(list, format!("{pointer}/for_each"), owner, Role::ForEach);
        }
        if let Some(Condition::Expression(text)) = step.repeat.as_ref().map(|repeat| &repeat.until) {
            self.add_text(text, format!("{pointer}/repeat/until"), owner, Role::Until);
        }
        if let Some(text) = &step.idempotency_key {
            self.add_text(text, format!("{pointer}/idempotency_key"), owner, Role::IdempotencyKey);
        }
        self.add_map(&step.outputs, &format!("{pointer}/outputs"), owner, |_| Role::GroupOutput);
    }

    fn add_map(&mut self, map: &'a IndexMap<String, Value>, pointer: &str, owner: Option<usize>, role: impl Fn(&'a str) -> Role<'a>) {
        for (name, value) in map {
            self.add_value(value, format!("{pointer}/{}", escape(name)), owner, role(name));
        }
    }

    fn add_value(&mut self, value: &'a Value, pointer: String, owner: Option<usize>, role: Role<'a>) {
        match value {
            Value::String(text) => self.add_text(text, pointer, owner, role),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| self.add_value(item, format!("{pointer}/{at}"), owner, role))
            }
            Value::Object(members) => {
                members.iter().for_each(|(name, member)| self.add_value(member, format!("{pointer}/{}", escape(name)), owner, role));
            }
            _ => {}
        }
    }

    fn add_text(&mut self, text: &'a str, pointer: String, owner: Option<usize>, role: Role<'a>) {
        let template = Template::compile(&Value::from(text));
        self.leaves.push(Leaf { owner, pointer, text, role, template });
    }

    /// The leaves of a step.
    pub(super) fn leaves_of(&self, site: usize) -> impl Iterator<Item = &Leaf<'a>> {
        self.leaves[self.sites[site].leaves.clone()].iter()
    }

    /// The list in whose steps a leaf's references are looked up first.
    pub(super) fn list_of(&self, leaf: &Leaf<'_>) -> usize {
        match (leaf.owner, leaf.role) {
            (None, _) => MAIN,
            (Some(owner), Role::GroupOutput) => self.sites[owner].inner.unwrap_or(self.sites[owner].list),
            (Some(owner), _) => self.sites[owner].list,
        }
    }

    /// A list and those around it, innermost first. Around `on_failure` is the main list.
    pub(super) fn lists_around(&self, list: usize) -> Vec<usize> {
        let mut around = vec![list];
        let mut at = list;
        while let Some(group) = self.lists[at].group {
            at = self.sites[group].list;
            around.push(at);
        }
        if at == ON_FAILURE {
            around.push(MAIN);
        }
        around
    }

    /// A step by id in one list.
    pub(super) fn find_in(&self, list: usize, id: &str) -> Option<usize> {
        self.lists[list].by_id.get(id).copied()
    }

    /// The step that a leaf means by an id.
    pub(super) fn find(&self, leaf: &Leaf<'_>, id: &str) -> Option<usize> {
        self.lists_around(self.list_of(leaf)).into_iter().find_map(|list| self.find_in(list, id))
    }

    /// A step and the groups around it, innermost first.
    pub(super) fn with_groups(&self, site: usize) -> Vec<usize> {
        let mut chain = vec![site];
        let mut at = site;
        while let Some(group) = self.lists[self.sites[at].list].group {
            chain.push(group);
            at = group;
        }
        chain
    }

    /// Whether a step belongs to `on_failure`, at whatever depth.
    pub(super) fn in_on_failure(&self, site: usize) -> bool {
        self.with_groups(site).last().is_some_and(|outermost| self.sites[*outermost].list == ON_FAILURE)
    }
}

/// Whether a parameter, or a part of it, is evaluated per item.
fn mentions_lambda(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.get("x-lambda").is_some_and(|mark| mark == true) || members.values().any(mentions_lambda),
        Value::Array(items) => items.iter().any(mentions_lambda),
        _ => false,
    }
}
