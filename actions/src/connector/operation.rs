//! One operation of a connector as an action.

use super::manifest::{Manifest, OperationSection};
use super::{pages, request, response};
use async_trait::async_trait;
use sayflow_engine::action::{ActionContext, ActionSpec, DynAction, KeyUse, Outcome, SpecBuilder, StepError};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Sends one request as the manifest says, and reads the answer.
pub struct Operation {
    manifest: Arc<Manifest>,
    section: OperationSection,
    spec: ActionSpec,
    body_script: Option<String>,
    answer_script: String,
}

impl Operation {
    /// An operation of a manifest.
    pub fn new(manifest: Arc<Manifest>, section: OperationSection) -> Self {
        let spec = spec(&manifest, &section);
        let body_script = request::body_script(&section);
        let answer_script = response::script(&section);
        Self { manifest, section, spec, body_script, answer_script }
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
        spec = match &destination.param {
            Some(param) => spec.destination(param, destination.kind),
            None => spec.account_is_place(destination.kind),
        };
    }
    if section.from_outsiders {
        spec = spec.from_outsiders();
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
        let call = request::Call { manifest: &self.manifest, section: &self.section, params: &params, credential };
        let body = call.body(self.body_script.as_deref(), cx).await?;
        let query = call.query();
        let output = match &self.section.pages {
            None => self.page(&call, &query, body, cx).await?.0,
            Some(section) => {
                let mut pages = pages::Pages::new(section, &self.spec, &params)?;
                let mut next = Some(query);
                while let Some(query) = next {
                    let (page, link) = self.page(&call, &query, body.clone(), cx).await?;
                    next = pages.add(page, link)?;
                }
                pages.finish()
            }
        };
        Ok(Outcome::Done(output))
    }
}

impl Operation {
    /// One request and its answer, with the answer's `Link` header.
    async fn page(
        &self,
        call: &request::Call<'_>,
        query: &str,
        body: Option<Value>,
        cx: &ActionContext<'_>,
    ) -> Result<(Value, Option<String>), StepError> {
        let answer = cx.ports.http.send(call.build(query, body, &cx.idempotency_key)?).await?;
        let link = answer.header("link").map(str::to_owned);
        let output = response::read(&self.manifest, &self.section, &self.answer_script, call.params, answer, cx).await?;
        Ok((output, link))
    }

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
