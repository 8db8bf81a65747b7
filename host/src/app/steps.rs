//! One step alone, with data that somebody made up. It is checked, approved and run like a workflow of that one step.

use super::{App, approval, workspace};
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_engine::run::{DryRun, NetworkReads, StartRequest, StepTest};
use sayflow_protocol::api::{DryRunReport, RunSource, StepResult, TestStep, TestedStep};
use sayflow_protocol::workflow::Workflow;
use sayflow_protocol::{Effect, Event, InstanceKey, RunId, RunView, StepStatus};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a step's record in the data may hold; without any of these, the value is taken for its output.
const RECORD: [&str; 3] = ["output", "error", "status"];

impl App {
    /// Does one step alone, or says what has to be approved first.
    ///
    /// # Errors
    /// See [`AppError`].
    pub async fn test_step(&self, principal: &Principal, request: TestStep) -> Result<TestedStep, AppError> {
        self.allow(principal, Command::TestStep)?;
        let (workflow, folder) = self.document_of(&request).await?;
        let step: InstanceKey = request
            .step
            .parse()
            .map_err(|_| AppError::invalid(format!("\"{}\" names no step", request.step), "name it as STEP or GROUP/STEP"))?;
        let alone = self.parts.engine.isolate(StepTest { workflow, step, data: data(request.data)? }).await?;
        let sound = self.sound_workflow(&alone).await?;
        let document = super::workflows::canonical(&sound.workflow)?;
        let payload = approval::Payload {
            document: &document,
            inputs: &BTreeMap::new(),
            workspace: &folder.to_string_lossy(),
            footprint: &sound.footprint,
        };
        if !request.dry_run
            && let Some(open) = approval::needed(payload, None)
            && !open.is_given(request.approve.as_deref())
        {
            let view = open.into_view(self.parts.ids.new_id().into(), &sound.workflow.name);
            return Ok(TestedStep { approval: Some(view), diagnostics: sound.diagnostics, ..TestedStep::default() });
        }
        let start = StartRequest::by_hand(self.parts.engine.compile(&sound.workflow)?, folder);
        let result = if request.dry_run {
            let rules = DryRun { network: NetworkReads::Named, ..DryRun::default() };
            rehearsed(&request.step, &sound.workflow, self.parts.engine.dry_run(start, rules).await?)
        } else {
            let run = self.parts.engine.start(start).await?.run;
            self.parts.engine.wait(&run).await;
            self.done(&request.step, &sound.workflow, &run).await?
        };
        Ok(TestedStep { result: Some(result), approval: None, diagnostics: sound.diagnostics })
    }

    /// The document that the step stands in, and the folder it works on.
    async fn document_of(&self, request: &TestStep) -> Result<(Workflow, PathBuf), AppError> {
        let folder = workspace(&request.workspace)?;
        Ok(match &request.source {
            RunSource::Document { text, format } => (self.sound_text(text, format).await?.workflow, folder),
            RunSource::Workflow(name) => {
                let (_, document) = self.saved_document(name).await?;
                (self.sound_document(&document).await?.workflow, folder)
            }
            RunSource::Draft(id) => {
                let draft = self.draft_row(id.as_str()).await?;
                (self.sound_document(&draft.document).await?.workflow, PathBuf::from(draft.workspace))
            }
        })
    }

    /// What became of it in a run of its own.
    async fn done(&self, name: &str, workflow: &Workflow, run: &RunId) -> Result<StepResult, AppError> {
        let view = self.parts.engine.view(run).await?;
        let events = self.parts.engine.events(run, 0).await?;
        let started = events.iter().rev().find_map(|event| match &event.event {
            Event::StepStarted { effect, input, .. } => Some((*effect, input.clone())),
            _ => None,
        });
        let (effect, input) = started.unwrap_or((Effect::None, None));
        let result = result(name, workflow, &view, effect, input);
        Ok(StepResult { run: Some(run.clone()), ..result })
    }
}

fn rehearsed(name: &str, workflow: &Workflow, report: DryRunReport) -> StepResult {
    let held_back = report.suppressed.first();
    let effect = if held_back.is_some() { Effect::Write } else { Effect::None };
    let input = held_back.map(|effect| effect.payload.clone()).or_else(|| parameters(workflow));
    let result = result(name, workflow, &report.run, effect, input);
    StepResult { suppressed: report.suppressed, not_tried: report.not_tried, ..result }
}

/// The parameters as they were filled in.
fn parameters(workflow: &Workflow) -> Option<Value> {
    let step = workflow.steps.first()?;
    Some(step.with.iter().map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into())
}

fn result(name: &str, workflow: &Workflow, view: &RunView, effect: Effect, input: Option<Value>) -> StepResult {
    let step = view.steps.first();
    StepResult {
        step: name.to_owned(),
        uses: workflow.steps.first().and_then(|step| step.uses.clone()).unwrap_or_default(),
        effect,
        input,
        output: step.and_then(|step| step.output.clone()),
        error: step.and_then(|step| step.error.clone()).or_else(|| view.error.clone()),
        run: None,
        outcome_unknown: step.is_some_and(|step| step.status == StepStatus::OutcomeUnknown),
        simulated: step.is_some_and(|step| step.simulated),
        suppressed: Vec::new(),
        not_tried: Vec::new(),
    }
}

/// What expressions see. A step that is given as a plain value is given by its output.
fn data(value: Value) -> Result<Map<String, Value>, AppError> {
    let mut data = match value {
        Value::Null => Map::new(),
        Value::Object(data) => data,
        _ => return Err(AppError::invalid("the data is no object", "send an object with any of inputs, steps, item, index, trigger")),
    };
    if let Some(Value::Object(steps)) = data.get_mut("steps") {
        for step in steps.values_mut() {
            let is_record = step.as_object().is_some_and(|fields| RECORD.iter().any(|name| fields.contains_key(*name)));
            if !is_record {
                *step = json!({ "output": step.take() });
            }
        }
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_may_be_given_by_its_output_alone() {
        let given = json!({ "steps": { "read": [1, 2], "sum": { "output": 3 }, "bad": { "error": { "code": "x" } } }, "item": 1 });
        let expected =
            json!({ "steps": { "read": { "output": [1, 2] }, "sum": { "output": 3 }, "bad": { "error": { "code": "x" } } }, "item": 1 });
        assert_eq!(Value::Object(data(given).unwrap()), expected);
        assert!(data(json!([1])).is_err());
        assert_eq!(data(Value::Null).unwrap(), Map::new());
    }
}
