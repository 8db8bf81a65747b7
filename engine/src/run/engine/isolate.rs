//! Testing one step: a document with that step alone, its expressions filled in from data that somebody gives.

use super::{Engine, EngineError};
use crate::expr::{Scope, Template};
use crate::run::prepare;
use indexmap::IndexMap;
use sayflow_protocol::workflow::{Step, Workflow};
use sayflow_protocol::{BlockName, InstanceKey};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A step to be tested, with what its expressions see.
pub struct StepTest {
    /// The document that it is a step of.
    pub workflow: Workflow,
    /// The step; `group/inner` for one inside a group.
    pub step: InstanceKey,
    /// What expressions see, by name: `inputs`, `steps` (`{id: {output: …}}`), `item`, `index`, `trigger`, `error`.
    pub data: Map<String, Value>,
}

impl Engine {
    /// The document of the one step, with its parameters filled in. It is checked, approved and run like any other: its
    /// footprint is that of the step with this data.
    ///
    /// # Errors
    /// When there is no such step, it is a group, or an expression cannot be evaluated with the data.
    pub async fn isolate(&self, test: StepTest) -> Result<Workflow, EngineError> {
        let step =
            find(&test.workflow, &test.step).ok_or_else(|| EngineError::Inputs(format!("the workflow has no step \"{}\"", test.step)))?;
        let Some(uses) = step.uses.clone() else {
            return Err(EngineError::Inputs(format!("\"{}\" is a group; test a step inside it, such as {}/ID", test.step, test.step)));
        };
        let spec = self.parts().catalogue.spec(&uses);
        let mut scope = Scope::default();
        scope.values.insert("now".into(), Arc::new(Value::String(self.parts().clock.now().to_string())));
        for (name, value) in &test.data {
            scope.values.insert(name.clone(), Arc::new(value.clone()));
        }
        let (declared, inputs) = inputs_of(&test)?;
        scope.values.insert("inputs".into(), Arc::new(inputs));
        let scope = Arc::new(scope);
        let mut with = step.with.clone();
        for (name, value) in &mut with {
            if spec.is_some_and(|spec| spec.is_lambda(name)) {
                continue;
            }
            let unfit = |why: String| EngineError::Inputs(format!("the parameter \"{name}\" of \"{}\": {why}", test.step));
            let template = Template::compile(value)
                .map_err(|faults| unfit(faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join("; ")))?;
            *value = self.parts().evaluator.render(&template, &scope).await.map_err(|why| unfit(why.message))?;
        }
        let alone = Step {
            id: step.id.clone(),
            name: step.name.clone(),
            uses: Some(uses),
            with,
            credential: step.credential.clone(),
            timeout: step.timeout.clone(),
            ..Step::default()
        };
        Ok(Workflow {
            triggers: Vec::new(),
            inputs: declared,
            steps: vec![alone],
            on_failure: Vec::new(),
            outputs: indexmap::IndexMap::new(),
            concurrency: None,
            ..test.workflow
        })
    }
}

/// The inputs that have a value, each with it as its default, and the values by name. Parameters that are evaluated item by
/// item go on reading them.
fn inputs_of(test: &StepTest) -> Result<(IndexMap<String, Value>, Value), EngineError> {
    let given = match test.data.get("inputs") {
        Some(Value::Object(given)) => given.clone(),
        _ => Map::new(),
    };
    let mut known = test.workflow.clone();
    known.inputs.retain(|name, schema| given.contains_key(name) || schema.get("default").is_some());
    let values = prepare::inputs(&known, &given).map_err(EngineError::Inputs)?;
    for (name, schema) in &mut known.inputs {
        if let (Value::Object(schema), Some(value)) = (schema, values.get(name)) {
            schema.insert("default".to_owned(), value.clone());
        }
    }
    Ok((known.inputs, values))
}

fn find<'w>(workflow: &'w Workflow, key: &InstanceKey) -> Option<&'w Step> {
    let mut steps = match key.block {
        BlockName::Main => &workflow.steps,
        BlockName::OnFailure => &workflow.on_failure,
    };
    let (last, groups) = key.path.split_last()?;
    for segment in groups {
        steps = &steps.iter().find(|step| step.id == segment.step)?.steps;
    }
    steps.iter().find(|step| step.id == last.step)
}
