//! Models for the steps of runs: the engine's port, served by the same client.

use super::{Allowance, AnswerForm, CallContext, ChatCall, Endpoint, Fault, Message, ModelClient, ModelError, Role, Silent};
use async_trait::async_trait;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{Model, ModelAnswer, ModelRequest, NoModel};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// What steps may spend, beyond what they say themselves.
#[async_trait]
pub trait StepAllowances: Send + Sync {
    /// The client that is configured at present.
    ///
    /// # Errors
    /// Says why there is none although one is configured.
    fn client(&self) -> Result<Option<ModelClient>, StepError>;

    /// What one step may spend: at most so much in US dollars, until then.
    ///
    /// # Errors
    /// When it cannot be told.
    async fn allowance(&self, most_usd: Option<f64>, until: Option<Instant>) -> Result<Allowance, StepError>;
}

/// The engine's port.
pub struct StepModel {
    source: Arc<dyn StepAllowances>,
}

impl StepModel {
    /// Asks the client that the source names.
    pub fn new(source: Arc<dyn StepAllowances>) -> Self {
        Self { source }
    }
}

#[async_trait]
impl Model for StepModel {
    async fn answer(&self, request: ModelRequest) -> Result<ModelAnswer, StepError> {
        let Some(client) = self.source.client()? else { return NoModel.answer(request).await };
        let patience = request.timeout.unwrap_or(client.config().timeouts.call);
        let until = Instant::now().checked_add(patience);
        let allowance = self.source.allowance(request.most_usd, until).await?;
        // A step that is cancelled is dropped, and its connection with it.
        let cancel = CancellationToken::new();
        let cx = CallContext { allowance: &allowance, cancel: &cancel, progress: &Silent };
        answer(&client, request, &cx, patience).await
    }

    fn identity(&self, model: Option<&str>) -> String {
        match self.source.client() {
            Ok(Some(client)) => {
                let (_, endpoint) = endpoint_of(&client, model);
                format!("{} {}", endpoint.base_url(), endpoint.model_name())
            }
            Ok(None) | Err(_) => model.unwrap_or_default().to_owned(),
        }
    }
}

async fn answer(client: &ModelClient, request: ModelRequest, cx: &CallContext<'_>, patience: Duration) -> Result<ModelAnswer, StepError> {
    let (role, endpoint) = endpoint_of(client, request.model.as_deref());
    let form = request.schema.map_or(AnswerForm::Text, |schema| AnswerForm::Json { name: "answer", schema });
    let call = ChatCall {
        role,
        purpose: "step",
        messages: vec![Message::system(request.system), Message::user(request.user)],
        answer: form,
        tools: Vec::new(),
        max_output_tokens: request.max_output_tokens,
    };
    let answer = Box::pin(client.ask(&endpoint, &call, cx, patience)).await.map_err(step_error)?;
    Ok(ModelAnswer {
        text: answer.text,
        value: answer.json,
        model: answer.model,
        input_tokens: answer.usage.input_tokens,
        output_tokens: answer.usage.output_tokens,
        cost_usd: answer.usage.cost_usd,
    })
}

/// The endpoint that a step means: that of a role, or the one with a model of this name.
fn endpoint_of(client: &ModelClient, named: Option<&str>) -> (Role, Endpoint) {
    let config = client.config();
    let Some(name) = named.filter(|name| !name.trim().is_empty()) else { return (Role::Chat, config.default.clone()) };
    if let Some(role) = Role::ALL.into_iter().find(|role| role.name() == name) {
        return (role, config.endpoint(role).clone());
    }
    // A model that a role names is at that role's endpoint.
    let of_role = config.roles.values().find(|endpoint| endpoint.model.as_deref() == Some(name));
    (Role::Chat, of_role.cloned().unwrap_or_else(|| config.default.clone().with_model(Some(name.to_owned()))))
}

/// A failure as the engine knows it. What the model wrote is not quoted: a step's error goes on to other steps, and
/// nobody knows whose words they are.
fn step_error(why: ModelError) -> StepError {
    let (code, may_help) = match why.fault {
        Fault::Unreachable => ("model_unreachable", true),
        Fault::Unauthorized => ("model_unauthorized", false),
        Fault::UnknownModel => ("model_unknown", false),
        Fault::RateLimited => ("model_rate_limited", true),
        Fault::ServerError => ("model_failed", true),
        Fault::Timeout | Fault::Stalled => ("model_timeout", true),
        Fault::TooLarge => ("model_answer_too_large", false),
        Fault::Refused => ("model_refused", false),
        Fault::Empty => ("model_answer_empty", true),
        Fault::Malformed => ("model_answer_invalid", true),
        Fault::ContextTooLong => ("model_context_too_long", false),
        Fault::OverBudget => ("model_budget", false),
        Fault::Cancelled => ("cancelled", false),
    };
    let message = match why.fault {
        Fault::Malformed => "the model's answer has not the form that was asked for, after one more try".to_owned(),
        Fault::Refused => "the model refuses to answer".to_owned(),
        _ => why.message,
    };
    let error = StepError::new(code, message);
    let error = match why.help {
        Some(help) => error.help(help),
        None => error,
    };
    // A question changes nothing, so that asking again is always safe.
    if may_help { error.retryable() } else { error }
}
