//! The client: one call, from the question to an answer that is what was asked for.

use super::answer::{Fit, Judge, Unfit};
use super::assemble::{Assembled, estimate};
use super::config::{Endpoint, ModelConfig};
use super::failure::{self, Failure, Remedy};
use super::habits::{FormOf, Habits, Memory};
use super::spending::{Meter, Spending};
use super::transport::{Notes, exchange};
use super::visible::Visible;
use super::wire::{Wire, WireError};
use super::{AnswerForm, CallContext, ChatAnswer, ChatCall, EndpointError, Fault, Message, ModelError, Role, request};
use async_openai::middleware::HttpRequestFactory;
use futures::StreamExt;
use rand::RngExt;
use sayflow_prompts::UnfitAnswerArgs;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How often a request is worded otherwise before it is given up.
const REWORDINGS: usize = 8;
/// How much of an answer that does not fit is shown to the model again, in characters.
const SHOWN_AGAIN: usize = 8_000;

/// Asks models. A cheap handle; all clones share what they learn of the endpoints.
#[derive(Clone)]
pub struct ModelClient {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) config: ModelConfig,
    wire: Wire,
    memory: Memory,
}

impl std::fmt::Debug for ModelClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModelClient").field("config", &self.inner.config).finish()
    }
}

impl ModelClient {
    /// A client. Nothing is connected to before the first call.
    ///
    /// # Errors
    /// When an endpoint cannot be used.
    pub fn new(config: ModelConfig) -> Result<Self, EndpointError> {
        for endpoint in config.endpoints() {
            Endpoint::new(endpoint.base_url(), endpoint.key().cloned())?;
        }
        let wire = Wire::new(config.timeouts.connect);
        Ok(Self { inner: Arc::new(Inner { config, wire, memory: Memory::default() }) })
    }

    /// How models are reached.
    pub fn config(&self) -> &ModelConfig {
        &self.inner.config
    }

    /// The name of a role's model.
    pub fn model_of(&self, role: Role) -> &str {
        self.inner.config.endpoint(role).model_name()
    }

    /// Whether a role's endpoint takes the schema of an answer, as far as it was asked.
    pub(super) fn takes_schemas(&self, role: Role) -> bool {
        let endpoint = self.inner.config.endpoint(role);
        self.inner.memory.of(endpoint.base_url(), endpoint.model_name(), endpoint.is_openai()).form == FormOf::Schema
    }

    /// Asks, and asks once more where the answer is not what was asked for.
    ///
    /// # Errors
    /// Each [`Fault`] with what happened and the way out; with what was spent all the same.
    pub async fn chat(&self, call: ChatCall, cx: &CallContext<'_>) -> Result<ChatAnswer, ModelError> {
        let endpoint = self.inner.config.endpoint(call.role).clone();
        Box::pin(self.ask(&endpoint, &call, cx, self.inner.config.timeouts.call)).await
    }

    /// The same at any endpoint.
    pub(super) async fn ask(
        &self,
        endpoint: &Endpoint,
        call: &ChatCall,
        cx: &CallContext<'_>,
        patience: Duration,
    ) -> Result<ChatAnswer, ModelError> {
        let begun = Instant::now();
        let meter = Meter::default();
        let until = cx.allowance.until().map(Instant::from_std);
        let end = until.map_or(begun + patience, |until| until.min(begun + patience));
        let asking = Asking { client: &self.inner, endpoint, call, cx, meter: &meter, end };
        // Whatever is dropped here closes its connection.
        let outcome = tokio::select! {
            biased;
            () = cx.cancel.cancelled() => Err(failure::cancelled()),
            outcome = timeout_at(end, asking.answer()) => outcome.unwrap_or_else(|_| {
                Err(failure::too_slow(endpoint.model_name(), begun.elapsed()))
            }),
        };
        let usage = meter.usage();
        tracing::debug!(
            purpose = call.purpose,
            model = endpoint.model_name(),
            input_tokens = usage.input_tokens,
            output_tokens = usage.output_tokens,
            milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            fault = outcome.as_ref().err().map(|failure| tracing::field::debug(failure.fault)),
            "a model was asked"
        );
        match outcome {
            Ok((Fit { text, json, calls }, model)) => Ok(ChatAnswer { text, json, calls, usage, model }),
            Err(failure) => Err(failure.into_error(usage)),
        }
    }
}

/// One call while it is made.
struct Asking<'a> {
    client: &'a Inner,
    endpoint: &'a Endpoint,
    call: &'a ChatCall,
    cx: &'a CallContext<'a>,
    meter: &'a Meter,
    end: Instant,
}

impl Asking<'_> {
    /// The answer and the model that gave it.
    async fn answer(&self) -> Result<(Fit, String), Failure> {
        let judge = Judge::new(self.call).map_err(|why| Failure {
            fault: Fault::Malformed,
            message: why,
            help: Some("this is a defect of what asks the model".to_owned()),
            remedy: Remedy::None,
            may_cost: false,
        })?;
        let is_text = self.call.answer == AnswerForm::Text;
        let mut visible = Visible::new(is_text.then_some(self.cx.progress), !self.call.tools.is_empty());
        let mut messages = self.call.messages.clone();
        let mut longest = self.call.max_output_tokens;
        let mut last_try = false;
        loop {
            let answer = self.request(&messages, longest, &judge, &mut visible).await?;
            let unfit = match judge.judge(&answer) {
                Ok(fit) => {
                    visible.end(&fit.text);
                    let model = answer.model.unwrap_or_else(|| self.endpoint.model_name().to_owned());
                    return Ok((fit, model));
                }
                Err(unfit) => unfit,
            };
            if last_try || unfit.findings.is_empty() {
                return Err(unusable(unfit, self.endpoint));
            }
            last_try = true;
            if unfit.is_cut_off {
                longest = longest.saturating_mul(2);
            }
            ask_again(&mut messages, &answer, &unfit, is_text);
            visible.begin_again();
        }
    }

    /// One answer, after as many requests as it takes.
    async fn request(
        &self,
        messages: &[Message],
        longest: u32,
        judge: &Judge<'_>,
        visible: &mut Visible<'_>,
    ) -> Result<Assembled, Failure> {
        let (endpoint, memory) = (self.endpoint, &self.client.memory);
        let model = endpoint.model_name();
        let known = memory.of(endpoint.base_url(), model, endpoint.is_openai());
        let mut habits = known.clone();
        let (mut repeats, mut rewordings) = (0, 0);
        loop {
            let failure = match self.attempt(messages, longest, &habits, judge, visible).await {
                Ok((answer, is_whole)) => {
                    habits.streams = habits.streams && !is_whole;
                    if habits != known {
                        memory.keep(endpoint.base_url(), model, habits);
                    }
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            match &failure.remedy {
                Remedy::None => return Err(failure),
                Remedy::Again(pause) => {
                    self.wait(repeats, *pause, &failure).await?;
                    repeats += 1;
                }
                Remedy::Otherwise(words) => {
                    let sent = request::body(self.call, messages, longest, endpoint, &habits);
                    let next = habits.after(words, &sent).filter(|_| rewordings < REWORDINGS);
                    habits = next.ok_or(failure)?;
                    rewordings += 1;
                }
                Remedy::OtherModel => habits.instead = Some(self.other_model(failure, &habits).await?),
            }
            visible.begin_again();
        }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// With the failure, when there may be no other attempt or no time for one.
    async fn wait(&self, repeats: u32, asked: Option<Duration>, failure: &Failure) -> Result<(), Failure> {
        let retries = &self.client.config.retries;
        let bound = retries.base.saturating_mul(2u32.saturating_pow(repeats)).min(retries.longest);
        // Chosen from the whole range, so that many clients do not come back together.
        let pause = asked.unwrap_or_else(|| bound.mul_f64(rand::rng().random::<f64>()));
        if repeats >= retries.most || Instant::now() + pause >= self.end {
            let mut failure = failure.clone();
            if let Some(asked) = asked {
                failure.message = format!("{}; it asks to wait {} s", failure.message, asked.as_secs_f64().ceil());
            }
            return Err(failure);
        }
        tracing::debug!(purpose = self.call.purpose, fault = ?failure.fault, milliseconds = pause.as_millis(), "a model is asked again after a pause");
        let clock = &self.client.config.clock;
        let at = clock.now().checked_add(jiff::SignedDuration::try_from(pause).unwrap_or_default()).unwrap_or(jiff::Timestamp::MAX);
        clock.sleep_until(at).await;
        Ok(())
    }

    /// The only model that there is, where nobody named one.
    ///
    /// # Errors
    /// With the failure, which names the models that there are.
    async fn other_model(&self, mut failure: Failure, habits: &Habits) -> Result<String, Failure> {
        match self.client.wire.models(self.endpoint).await {
            Ok(offered) => {
                if let ([only], None, None, false) = (offered.as_slice(), &self.endpoint.model, &habits.instead, self.endpoint.is_openai())
                {
                    return Ok(only.clone());
                }
                if offered.is_empty() {
                    failure.help = Some("it offers none: load one into it first".to_owned());
                } else {
                    failure.help = Some(format!("set models.model to one that it has: {}", some_of(&offered)));
                }
                Err(failure)
            }
            Err(WireError::NotThere) => Err(Failure {
                fault: Fault::Unreachable,
                message: format!("{} has no chat completions API at this address", failure::place(self.endpoint)),
                help: Some("check models.base_url: it usually ends in /v1".to_owned()),
                ..failure
            }),
            Err(WireError::Failed) => Err(failure),
        }
    }

    /// One request. Says besides whether the answer came as one document.
    async fn attempt(
        &self,
        messages: &[Message],
        longest: u32,
        habits: &Habits,
        judge: &Judge<'_>,
        visible: &mut Visible<'_>,
    ) -> Result<(Assembled, bool), Failure> {
        let config = &self.client.config;
        let model = habits.instead.as_deref().unwrap_or(self.endpoint.model_name());
        let longest = habits.longest.map_or(longest, |most| most.min(longest));
        let body = request::body(self.call, messages, longest, self.endpoint, habits);
        // Tools and schemas are read by the model too.
        let extra: u64 =
            ["tools", "response_format"].iter().filter_map(|field| body.get(*field)).map(|value| estimate(&value.to_string())).sum();
        let mut spending = Spending::reserve(self.cx.allowance, self.meter, &config.prices, model, messages, extra, longest)?;
        spending.is_sent();
        let notes = Arc::new(Notes::default());
        let answer = self.listen(body, habits, longest, &notes, &mut spending, visible).await;
        let answer = answer.and_then(|answer| self.whole(answer, &notes, judge)).map(|mut answer| {
            answer.model.get_or_insert_with(|| model.to_owned());
            answer
        });
        if answer.as_ref().is_err_and(|failure| !failure.may_cost) {
            spending.was_refused();
        }
        Ok((answer?, notes.is_whole()))
    }

    /// Sends the request and takes the answer in.
    async fn listen(
        &self,
        body: Value,
        habits: &Habits,
        longest: u32,
        notes: &Arc<Notes>,
        spending: &mut Spending<'_>,
        visible: &mut Visible<'_>,
    ) -> Result<Assembled, Failure> {
        let (timeouts, endpoint) = (&self.client.config.timeouts, self.endpoint);
        let model = endpoint.model_name();
        let most = Assembled::most_for(longest);
        let trouble = |otherwise: Failure| match notes.trouble() {
            Some(trouble) => failure::of_trouble(trouble, endpoint, model, self.client.config.clock.now()),
            None => otherwise,
        };
        let http = self.client.wire.http(endpoint);
        let noted = Arc::clone(notes);
        let service = tower::service_fn(move |factory: HttpRequestFactory| exchange(http.clone(), factory, Arc::clone(&noted)));
        let client = self.client.wire.client(endpoint).with_http_service(service);
        // One that answers in one piece says its first word last.
        let first = if habits.streams { Instant::now() + timeouts.first_token } else { self.end };
        let opened = timeout_at(first, client.chat().create_stream_byot::<Value, Value>(body)).await;
        let Ok(opened) = opened else { return Err(failure::no_first_word(endpoint, model, timeouts.first_token)) };
        let mut pieces = opened.map_err(|_| trouble(failure::broken_off(endpoint)))?;
        let mut answer = Assembled::default();
        let mut patience = first;
        loop {
            let limit = if notes.is_whole() { self.end } else { patience };
            let Ok(piece) = timeout_at(limit, pieces.next()).await else {
                let stalled = answer.has_begun();
                return Err(if stalled {
                    failure::stalled(model, timeouts.stall)
                } else {
                    failure::no_first_word(endpoint, model, timeouts.first_token)
                });
            };
            let Some(piece) = piece else { break };
            let Ok(piece) = piece else { return Err(trouble(failure::broken_off(endpoint))) };
            let before = answer.written;
            let words = answer.take(&piece, most).map_err(|_| failure::too_large(model))?;
            spending.has_come(&answer);
            if answer.written > before {
                patience = Instant::now() + timeouts.stall;
            }
            visible.more(&words);
        }
        match notes.trouble() {
            Some(trouble) => Err(failure::of_trouble(trouble, endpoint, model, self.client.config.clock.now())),
            None => Ok(answer),
        }
    }

    /// An answer that has come to its end; one without a mark of its end counts where it is all that was asked for.
    fn whole(&self, answer: Assembled, notes: &Notes, judge: &Judge<'_>) -> Result<Assembled, Failure> {
        if let Some(error) = &answer.error {
            return Err(failure::of_event(error, self.endpoint, self.endpoint.model_name(), self.client.config.clock.now()));
        }
        let is_marked = notes.is_done() || notes.is_whole() || answer.finish.is_some();
        let is_data = matches!(self.call.answer, AnswerForm::Json { .. });
        if is_marked || (is_data && judge.judge(&answer).is_ok()) { Ok(answer) } else { Err(failure::broken_off(self.endpoint)) }
    }
}

/// Puts behind the messages what is wrong with the answer.
fn ask_again(messages: &mut Vec<Message>, answer: &Assembled, unfit: &Unfit, is_text: bool) {
    let said: String = answer.text.chars().take(SHOWN_AGAIN).collect();
    if !said.trim().is_empty() {
        messages.push(Message::assistant(said));
    }
    let arguments = UnfitAnswerArgs { findings: unfit.findings.clone(), cut_off: unfit.is_cut_off, json: !is_text };
    messages.push(Message::user(sayflow_prompts::unfit_answer(&arguments)));
}

fn unusable(unfit: Unfit, endpoint: &Endpoint) -> Failure {
    let model = endpoint.model_name();
    let help = match unfit.fault {
        Fault::Refused => "word the request otherwise, or use another model".to_owned(),
        _ => format!("try again, or use a model that keeps better to what it is asked than \"{model}\""),
    };
    Failure { fault: unfit.fault, message: unfit.message, help: Some(help), remedy: Remedy::None, may_cost: true }
}

/// The first names of a list.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown}, and {more} more"),
        _ => shown,
    }
}
