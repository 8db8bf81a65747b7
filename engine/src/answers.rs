//! Answers of language models that are used again: the same question, put to the same model within the time that its step
//! allows, costs nothing more. They are kept in the store, for all runs alike.

use crate::action::StepError;
use crate::ports::{Clock, Model, ModelAnswer, ModelRequest};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sayflow_store::Store;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// Changes whenever what is kept is to be read no more.
const FORMAT: u32 = 1;

/// A model whose answers are kept where a request asks for it. A database that fails costs nothing but the saving.
pub struct KeptAnswers {
    model: Arc<dyn Model>,
    store: Store,
    clock: Arc<dyn Clock>,
    longest: Duration,
}

impl KeptAnswers {
    /// Keeps answers of a model, none longer than `longest`.
    pub fn new(model: Arc<dyn Model>, store: Store, clock: Arc<dyn Clock>, longest: Duration) -> Self {
        Self { model, store, clock, longest }
    }

    /// What an answer depends on, as a hash: nobody can tell from it what was asked.
    fn key(&self, request: &ModelRequest) -> String {
        let ModelRequest { model, system, user, schema, max_output_tokens, keep: _, timeout: _, most_usd: _ } = request;
        let identity = self.model.identity(model.as_deref());
        let question = json!([FORMAT, identity, system, user, schema, max_output_tokens]).to_string();
        hex::encode(Sha256::digest(question.as_bytes()))
    }

    async fn known(&self, key: &str) -> Option<ModelAnswer> {
        match self.store.answer(key, self.clock.now().as_microsecond()).await {
            Ok(body) => serde_json::from_str(&body?).ok(),
            Err(why) => {
                tracing::warn!(%why, "kept answers of models cannot be read");
                None
            }
        }
    }

    async fn keep(&self, key: &str, answer: &ModelAnswer, keep: Duration) {
        // Whoever uses it again pays nothing.
        let free = ModelAnswer { cost_usd: 0.0, input_tokens: 0, output_tokens: 0, ..answer.clone() };
        let length = SignedDuration::try_from(keep.min(self.longest)).unwrap_or(SignedDuration::ZERO);
        let until = self.clock.now().checked_add(length).unwrap_or(Timestamp::MAX).as_microsecond();
        let Ok(body) = serde_json::to_string(&free) else { return };
        if let Err(why) = self.store.keep_answer(key, &body, until).await {
            tracing::warn!(%why, "the answer of a model cannot be kept");
        }
    }
}

#[async_trait]
impl Model for KeptAnswers {
    async fn answer(&self, request: ModelRequest) -> Result<ModelAnswer, StepError> {
        let Some(keep) = request.keep.filter(|keep| !keep.is_zero()) else { return self.model.answer(request).await };
        let key = self.key(&request);
        if let Some(answer) = self.known(&key).await {
            return Ok(answer);
        }
        let answer = self.model.answer(request).await?;
        self.keep(&key, &answer, keep).await;
        Ok(answer)
    }

    fn identity(&self, model: Option<&str>) -> String {
        self.model.identity(model)
    }
}
