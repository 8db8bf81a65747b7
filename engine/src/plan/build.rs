//! From a checked document to a plan.

use super::edges::referenced_steps;
use super::{ActionCall, Block, BlockId, Param, Plan, PlanStep, RepeatPlan, RetryPlan, Work};
use crate::action::Catalogue;
use crate::check::handed_over;
use crate::expr::{ExprError, Template};
use crate::footprint::Guard;
use indexmap::IndexMap;
use petgraph::algo::toposort;
use petgraph::graph::DiGraph;
use sayflow_protocol::workflow::{Condition, Retry, Step, Workflow};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// Why a document has no plan. The checks find all of this earlier and say where; a plan is made of checked
/// documents only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A step uses an action that the catalogue does not have.
    #[error("step \"{step}\": unknown action \"{uses}\"")]
    UnknownAction {
        /// The step.
        step: String,
        /// The action.
        uses: String,
    },
    /// A step refers to one that does not exist.
    #[error("step \"{step}\": unknown step \"{target}\"")]
    UnknownStep {
        /// The step.
        step: String,
        /// What it refers to.
        target: String,
    },
    /// Two steps of a list share an id.
    #[error("two steps are called \"{0}\"")]
    DuplicateId(String),
    /// Steps wait for each other.
    #[error("step \"{0}\" waits for itself through the steps that it needs")]
    Cycle(String),
    /// An expression does not parse.
    #[error("step \"{step}\": {message}")]
    Expression {
        /// The step; empty for the workflow's outputs.
        step: String,
        /// What is wrong.
        message: String,
    },
}

impl Plan {
    /// Compiles a document.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn build(workflow: &Workflow, catalogue: &Catalogue) -> Result<Self, PlanError> {
        let guard = Guard::of(workflow, catalogue);
        let mut builder = Builder { catalogue, guard: &guard, blocks: vec![Block::default(), Block::default()] };
        let main = builder.block(&workflow.steps, &BTreeSet::new())?;
        let on_failure = builder.block(&workflow.on_failure, &main_ids(workflow))?;
        builder.blocks[BlockId::MAIN.0] = main;
        builder.blocks[BlockId::ON_FAILURE.0] = on_failure;
        Ok(Self {
            outputs: outputs("", &workflow.outputs)?,
            timeout: workflow.timeout.as_ref().map(|t| t.duration()),
            blocks: builder.blocks,
            workflow: workflow.clone(),
            handed_over: handed_over(workflow, catalogue),
            guard,
        })
    }
}

fn main_ids(workflow: &Workflow) -> BTreeSet<String> {
    workflow.steps.iter().map(|step| step.id.clone()).collect()
}

struct Builder<'a> {
    catalogue: &'a Catalogue,
    guard: &'a Guard,
    blocks: Vec<Block>,
}

impl Builder<'_> {
    /// Compiles a list of steps; `outer` are the ids that its steps may refer to besides each other.
    fn block(&mut self, steps: &[Step], outer: &BTreeSet<String>) -> Result<Block, PlanError> {
        let mut index = HashMap::new();
        for (place, step) in steps.iter().enumerate() {
            if index.insert(step.id.clone(), place).is_some() {
                return Err(PlanError::DuplicateId(step.id.clone()));
            }
        }
        let mut visible = outer.clone();
        visible.extend(index.keys().cloned());
        let mut compiled = Vec::with_capacity(steps.len());
        for step in steps {
            compiled.push(self.step(step, &index, &visible)?);
        }
        connect(&mut compiled)?;
        Ok(Block { steps: compiled, index, outputs: None })
    }

    fn step(&mut self, step: &Step, index: &HashMap<String, usize>, visible: &BTreeSet<String>) -> Result<PlanStep, PlanError> {
        let place_of = |target: &String| {
            index.get(target).copied().ok_or_else(|| PlanError::UnknownStep { step: step.id.clone(), target: target.clone() })
        };
        let else_of = step.else_of.as_ref().map(place_of).transpose()?;
        let mut needs = BTreeSet::new();
        for target in &step.needs {
            needs.insert(place_of(target)?);
        }
        for target in referenced_steps(step) {
            match index.get(&target) {
                Some(&place) => {
                    needs.insert(place);
                }
                None if visible.contains(&target) => {}
                None => return Err(PlanError::UnknownStep { step: step.id.clone(), target }),
            }
        }
        if let Some(target) = else_of {
            needs.remove(&target);
        }
        let work = self.work(step, visible)?;
        Ok(PlanStep {
            id: step.id.clone(),
            work,
            needs: needs.into_iter().collect(),
            else_of,
            dependents: Vec::new(),
            when: step.when.unwrap_or_default(),
            condition: step.condition.as_ref().map(|c| condition(&step.id, c)).transpose()?,
            for_each: step.for_each.as_ref().map(|list| template(&step.id, list)).transpose()?,
            concurrency: step.concurrency.unwrap_or(1).max(1) as usize,
            repeat: match &step.repeat {
                None => None,
                Some(repeat) => Some(RepeatPlan {
                    until: condition(&step.id, &repeat.until)?,
                    every: repeat.every.as_ref().map_or(Duration::ZERO, |every| every.duration()),
                    max: repeat.max.max(1),
                }),
            },
            retry: retry(step.retry.as_ref()),
            timeout: step.timeout.as_ref().map(|t| t.duration()),
            on_error: step.on_error.unwrap_or_default(),
            on_unknown: step.on_unknown.unwrap_or_default(),
            idempotency_key: step.idempotency_key.as_ref().map(|text| template(&step.id, &Value::String(text.clone()))).transpose()?,
        })
    }

    fn work(&mut self, step: &Step, visible: &BTreeSet<String>) -> Result<Work, PlanError> {
        let Some(uses) = &step.uses else {
            let mut block = self.block(&step.steps, visible)?;
            block.outputs = outputs(&step.id, &step.outputs)?;
            self.blocks.push(block);
            return Ok(Work::Group(BlockId(self.blocks.len() - 1)));
        };
        let action =
            self.catalogue.get(uses).ok_or_else(|| PlanError::UnknownAction { step: step.id.clone(), uses: uses.clone() })?.clone();
        let mut with = IndexMap::with_capacity(step.with.len());
        for (name, value) in &step.with {
            let compiled = template(&step.id, value)?;
            let param = if action.spec().is_lambda(name) { Param::Lambda(compiled) } else { Param::Value(compiled) };
            with.insert(name.clone(), param);
        }
        let written = step.with.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let effect = action.spec().effect_of(&written);
        let idempotent = action.spec().is_idempotent_with(&written);
        let takes_key = action.spec().takes_key_with(&written, step.idempotency_key.as_deref());
        let redirects = self.guard.redirects(step, action.spec());
        Ok(Work::Action(ActionCall { action, with, credential: step.credential.clone(), effect, idempotent, takes_key, redirects }))
    }
}

/// Fills in who waits for whom and makes sure that nobody waits for himself.
fn connect(steps: &mut [PlanStep]) -> Result<(), PlanError> {
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    let nodes: Vec<_> = steps.iter().map(|_| graph.add_node(())).collect();
    for place in 0..steps.len() {
        let before: Vec<usize> = steps[place].needs.iter().copied().chain(steps[place].else_of).collect();
        for target in before {
            graph.add_edge(nodes[target], nodes[place], ());
            steps[target].dependents.push(place);
        }
    }
    toposort(&graph, None).map_err(|cycle| PlanError::Cycle(steps[cycle.node_id().index()].id.clone()))?;
    Ok(())
}

fn retry(retry: Option<&Retry>) -> RetryPlan {
    RetryPlan {
        max_attempts: retry.map_or(1, |r| r.max_attempts.max(1)),
        backoff: retry.and_then(|r| r.backoff.as_ref()).map_or(FIRST_BACKOFF, |b| b.duration()),
        max_backoff: retry.and_then(|r| r.max_backoff.as_ref()).map_or(LONGEST_BACKOFF, |b| b.duration()),
    }
}

fn condition(step: &str, condition: &Condition) -> Result<Template, PlanError> {
    match condition {
        Condition::Bool(value) => template(step, &Value::Bool(*value)),
        Condition::Expression(text) => template(step, &Value::String(text.clone())),
    }
}

fn outputs(step: &str, outputs: &IndexMap<String, Value>) -> Result<Option<Template>, PlanError> {
    if outputs.is_empty() {
        return Ok(None);
    }
    let value = Value::Object(outputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect());
    template(step, &value).map(Some)
}

fn template(step: &str, value: &Value) -> Result<Template, PlanError> {
    Template::compile(value).map_err(|errors: Vec<ExprError>| PlanError::Expression {
        step: step.to_owned(),
        message: errors.into_iter().map(|e| e.message).next().unwrap_or_default(),
    })
}
