//! The engine's port: what a step asks, and how failures are named.

use super::{oslo, schema};
use async_trait::async_trait;
use sayflow_agent::model::{Allowance, Endpoint, ModelClient, ModelConfig, Role, StepAllowances, StepModel};
use sayflow_agent::testing::{ModelServer, Reply};
use sayflow_engine::action::{Retry, StepError};
use sayflow_engine::ports::{Model, ModelAnswer, ModelRequest};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

struct Source(Option<ModelClient>);

#[async_trait]
impl StepAllowances for Source {
    fn client(&self) -> Result<Option<ModelClient>, StepError> {
        Ok(self.0.clone())
    }

    async fn allowance(&self, most_usd: Option<f64>, until: Option<Instant>) -> Result<Allowance, StepError> {
        Ok(Allowance::new(u64::MAX, most_usd.unwrap_or(f64::INFINITY), until))
    }
}

fn question() -> ModelRequest {
    ModelRequest { system: "# Summary\n\nSum up.".into(), user: "A long text.".into(), max_output_tokens: 100, ..ModelRequest::default() }
}

async fn answer(client: ModelClient, request: ModelRequest) -> Result<ModelAnswer, StepError> {
    StepModel::new(Arc::new(Source(Some(client)))).answer(request).await
}

#[tokio::test]
async fn a_step_gets_words_or_data_that_fits_and_never_tools() {
    let server = ModelServer::start().await;
    server.on("# Summary").reply(Reply::text("Short.").usage(9, 2)).reply(Reply::json(&oslo()));
    let client = server.client();
    let words = answer(client.clone(), question()).await.unwrap();
    assert_eq!((words.text.as_str(), words.input_tokens, words.output_tokens, words.model.as_str()), ("Short.", 9, 2, "scripted"));
    let data = answer(client, ModelRequest { schema: Some(schema()), ..question() }).await.unwrap();
    assert_eq!(data.value, Some(oslo()));
    let asked = &server.requests()[1];
    assert_eq!((asked.schema(), asked.system().as_str()), (Some(&schema()), "# Summary\n\nSum up."));
    assert!(server.requests().iter().all(|seen| seen.tools().is_empty()));
}

#[tokio::test]
async fn a_step_may_name_a_role_or_a_model() {
    let server = ModelServer::start().await;
    server.any().with(|seen| Reply::text(seen.model()));
    let named = |model: &str| Endpoint::new(&server.base_url(), None).unwrap().with_model(Some(model.to_owned()));
    let client = ModelClient::new(ModelConfig { roles: BTreeMap::from([(Role::Judge, named("strict"))]), ..server.config() }).unwrap();
    for (model, asked) in [(None, "scripted"), (Some("judge"), "strict"), (Some("plan"), "scripted"), (Some("another"), "another")] {
        let request = ModelRequest { model: model.map(str::to_owned), ..question() };
        assert_eq!(answer(client.clone(), request).await.unwrap().text, asked);
        let port = StepModel::new(Arc::new(Source(Some(client.clone()))));
        assert_eq!(port.identity(model), format!("{} {asked}", server.base_url()));
    }
}

#[tokio::test]
async fn failures_have_the_codes_of_the_port() {
    for (reply, code, retry) in [
        (Reply::error(401, "invalid_api_key", "no"), "model_unauthorized", Retry::Never),
        (Reply::error(404, "model_not_found", "no"), "model_unknown", Retry::Never),
        (Reply::error(429, "rate_limit_exceeded", "no"), "model_rate_limited", Retry::Maybe),
        (Reply::error(500, "busy", "no"), "model_failed", Retry::Maybe),
        (Reply::of_size(3_000_000), "model_answer_too_large", Retry::Never),
        (Reply::refusal("no"), "model_refused", Retry::Never),
        (Reply::empty(), "model_answer_empty", Retry::Maybe),
        (Reply::error(400, "context_length_exceeded", "no"), "model_context_too_long", Retry::Never),
    ] {
        let server = ModelServer::start().await;
        server.any().always(reply);
        let why = answer(server.client(), question()).await.unwrap_err();
        assert_eq!((why.code.as_str(), why.retry), (code, retry), "{why}");
        assert!(why.help.is_some() && !why.outcome_unknown);
    }
    let server = ModelServer::start().await;
    server.any().always(Reply::text("no data"));
    let why = answer(server.client(), ModelRequest { schema: Some(schema()), ..question() }).await.unwrap_err();
    assert!(why.code == "model_answer_invalid" && !why.message.contains("no data"), "{why}");
    let why = answer(server.client(), ModelRequest { most_usd: Some(0.1), ..question() }).await.unwrap_err();
    assert_eq!(why.code, "model_budget");
    let why = StepModel::new(Arc::new(Source(None))).answer(question()).await.unwrap_err();
    assert_eq!(why.code, "no_model");
}

#[tokio::test]
async fn a_step_waits_no_longer_than_it_says() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::silence());
    let request = ModelRequest { timeout: Some(Duration::from_millis(50)), ..question() };
    assert_eq!(answer(server.client(), request).await.unwrap_err().code, "model_timeout");
}
