//! One operation of a connector as an action.

use super::manifest::{Manifest, OperationSection};
use super::{request, response};
use async_trait::async_trait;
use sayflow_engine::action::{ActionContext, ActionSpec, DynAction, KeyUse, Outcome, SpecBuilder, StepError};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Sends one request as the manifest says, and reads the answer.
pub struct Operation {
    manifest: Arc<Manifest>,
    section: OperationSection,
    spec: ActionSpec,
    answer_script: String,
}

impl Operation {
    /// An operation of a manifest.
    pub fn new(manifest: Arc<Manifest>, section: OperationSection) -> Self {
        let spec = spec(&manifest, &section);
        let answer_script = response::script(&section);
        Self { manifest, section, spec, answer_script }
    }
}

fn spec(manifest: &Manifest, section: &OperationSection) -> ActionSpec {
    let utterances: Vec<&str> = section.utterances.iter().map(String::as_str).collect();
    let keywords: Vec<&str> = section.keywords.iter().map(String::as_str).collect();
    let mut spec = SpecBuilder::new(&section.id, &section.title, &section.summary, section.effect)
        .utterances(&utterances)
        .keywords(&keywords)
        .service(&manifest.service)
        .credential(&manifest.credential.kind)
        .idempotent(section.idempotent)
        .key_use(if section.idempotency.is_some() { KeyUse::Honoured } else { KeyUse::Ignored })
        .example(section.example.clone());
    for destination in &section.destinations {
        spec = spec.destination(&destination.param, destination.kind);
    }
    spec.finish_with(section.params.clone(), section.output.schema.clone())
}

#[async_trait]
impl DynAction for Operation {
    fn spec(&self) -> &ActionSpec {
        &self.spec
    }

    async fn run(&self, params: Value, cx: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        let params = self.params(params)?;
        let credential = cx.require_credential()?;
        let request = request::build(&self.manifest, &self.section, &params, credential, &cx.idempotency_key)?;
        let answer = cx.ports.http.send(request).await?;
        response::read(&self.manifest, &self.section, &self.answer_script, &params, answer, cx).await.map(Outcome::Done)
    }
}

impl Operation {
    /// The parameters that were given, checked for names, with texts written out.
    fn params(&self, params: Value) -> Result<Map<String, Value>, StepError> {
        let invalid = |what: String| {
            StepError::new("invalid_parameters", format!("{}: {what}", self.section.id))
                .help("compare the step's `with` with the action's schema: sayflow actions --output json")
        };
        let Value::Object(mut params) = params else { return Err(invalid("expected an object".to_owned())) };
        params.retain(|_, value| !value.is_null());
        if let Some(unknown) = params.keys().find(|name| self.spec.param(name).is_none()) {
            return Err(invalid(format!("unknown parameter \"{unknown}\"")));
        }
        for (name, section) in &self.section.texts {
            if let Some(value) = params.get_mut(name) {
                *value = Value::String(request::text(&self.manifest, name, section, value)?);
            }
        }
        let properties = self.spec.params.get("properties").and_then(Value::as_object);
        match properties.into_iter().flatten().map(|(name, _)| name).find(|name| self.spec.is_required(name) && !params.contains_key(*name))
        {
            Some(missing) => Err(invalid(format!("\"{missing}\" is missing or null"))),
            None => Ok(params),
        }
    }
}
