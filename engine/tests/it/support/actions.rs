//! Test actions: they echo, write, fail, wait and hang as they are told, and record every write.

use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Catalogue, LambdaRef, Outcome, SpecBuilder, StepError, erase};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// What the actions did, and what they are told to do.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Mutex<Inner>>,
    /// Told whenever a hanging action began.
    pub hanging: Arc<Notify>,
    /// Lets as many attempts of `test.gate` through as it is given permits.
    pub gate: Arc<Semaphore>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { inner: Arc::default(), hanging: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
    }
}

#[derive(Default)]
struct Inner {
    writes: Vec<String>,
    failures_left: HashMap<String, u32>,
    running: usize,
    most_running: usize,
}

impl Recorder {
    /// The texts that were written, in order.
    pub fn writes(&self) -> Vec<String> {
        self.inner.lock().unwrap().writes.clone()
    }

    /// The most test actions that were in progress at once.
    pub fn most_running(&self) -> usize {
        self.inner.lock().unwrap().most_running
    }

    /// Lets `test.flaky` fail this often for a name.
    pub fn fail(&self, name: &str, times: u32) {
        self.inner.lock().unwrap().failures_left.insert(name.to_owned(), times);
    }

    fn enter(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.running += 1;
        inner.most_running = inner.most_running.max(inner.running);
    }

    fn leave(&self) {
        self.inner.lock().unwrap().running -= 1;
    }
}

/// All test actions, reporting to a recorder.
pub fn catalogue(recorder: &Recorder) -> Catalogue {
    let mut catalogue = Catalogue::new();
    catalogue.add(erase(Echo(recorder.clone()))).unwrap();
    catalogue.add(erase(Keep)).unwrap();
    catalogue.add(erase(Write(recorder.clone()))).unwrap();
    catalogue.add(erase(Flaky(recorder.clone()))).unwrap();
    catalogue.add(erase(Lost)).unwrap();
    catalogue.add(erase(Hang(recorder.clone()))).unwrap();
    catalogue.add(erase(Pause)).unwrap();
    catalogue.add(erase(Answer)).unwrap();
    catalogue.add(erase(Fetch)).unwrap();
    super::steering::add_to(&mut catalogue, recorder);
    catalogue
}

#[derive(Deserialize, JsonSchema)]
struct Anything {
    #[serde(default)]
    value: Value,
}

#[derive(Serialize, JsonSchema)]
struct Out {
    value: Value,
}

struct Echo(Recorder);

#[async_trait]
impl Action for Echo {
    type Params = Anything;
    type Output = Out;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.echo", "Echo", "Hands back what it is given.", Effect::None)
    }
    async fn run(&self, params: Anything, _: &ActionContext<'_>) -> Result<Outcome<Out>, StepError> {
        self.0.enter();
        // Lets the other branches begin before this one ends.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.0.leave();
        Ok(Out { value: params.value }.into())
    }
}

#[derive(Deserialize, JsonSchema)]
struct KeepParams {
    items: Vec<Value>,
    #[serde(rename = "where")]
    condition: LambdaRef,
}

struct Keep;

#[async_trait]
impl Action for Keep {
    type Params = KeepParams;
    type Output = Out;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.keep", "Keep", "Keeps the items for which a condition holds.", Effect::None)
    }
    async fn run(&self, params: KeepParams, cx: &ActionContext<'_>) -> Result<Outcome<Out>, StepError> {
        let kept = cx.map(&params.condition, &params.items).await?;
        let items = params.items.into_iter().zip(kept).filter(|(_, keep)| *keep == Value::Bool(true)).map(|(item, _)| item);
        Ok(Out { value: items.collect() }.into())
    }
}

#[derive(Deserialize, JsonSchema)]
struct WriteParams {
    to: String,
    #[serde(default)]
    text: Value,
}

struct Write(Recorder);

#[async_trait]
impl Action for Write {
    type Params = WriteParams;
    type Output = Out;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.write", "Write", "Writes a text to a channel.", Effect::Write)
            .destination("to", DestinationKind::Channel)
            .example(json!({ "value": "sent" }))
    }
    async fn run(&self, params: WriteParams, _: &ActionContext<'_>) -> Result<Outcome<Out>, StepError> {
        let text = params.text.as_str().map_or_else(|| params.text.to_string(), str::to_owned);
        self.0.inner.lock().unwrap().writes.push(format!("{}: {text}", params.to));
        Ok(Out { value: Value::String(text) }.into())
    }
}

#[derive(Deserialize, JsonSchema)]
struct Named {
    name: String,
}

struct Flaky(Recorder);

#[async_trait]
impl Action for Flaky {
    type Params = Named;
    type Output = Out;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.flaky", "Flaky", "Fails as often as it is told.", Effect::Read)
    }
    async fn run(&self, params: Named, _: &ActionContext<'_>) -> Result<Outcome<Out>, StepError> {
        let mut inner = self.0.inner.lock().unwrap();
        let left = inner.failures_left.entry(params.name.clone()).or_default();
        if *left > 0 {
            *left -= 1;
            return Err(StepError::new("flaky", format!("{} fails", params.name)).retryable());
        }
        Ok(Out { value: Value::String(params.name) }.into())
    }
}

struct Lost;

#[async_trait]
impl Action for Lost {
    type Params = WriteParams;
    type Output = Out;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.lost", "Lost", "A write whose answer is lost.", Effect::Write).destination("to", DestinationKind::Channel)
    }
    async fn run(&self, _: WriteParams, _: &ActionContext<'_>) -> Result<Outcome<Out>, StepError> {
        Err(StepError::new("connection_reset", "the connection was reset before the answer").retryable().unknown())
    }
}

struct Hang(Recorder);

#[async_trait]
impl Action for Hang {
    type Params = Anything;
    type Output = Out;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.hang", "Hang", "Never ends.", Effect::Read)
    }
    async fn run(&self, _: Anything, _: &ActionContext<'_>) -> Result<Outcome<Out>, StepError> {
        self.0.hanging.notify_one();
        std::future::pending().await
    }
}

#[derive(Deserialize, JsonSchema)]
struct PauseParams {
    millis: u64,
}

struct Pause;

#[async_trait]
impl Action for Pause {
    type Params = PauseParams;
    type Output = Out;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.pause", "Pause", "Waits for a moment.", Effect::None)
    }
    async fn run(&self, params: PauseParams, cx: &ActionContext<'_>) -> Result<Outcome<Out>, StepError> {
        let until = cx.ports.clock.now().checked_add(Duration::from_millis(params.millis)).unwrap();
        Ok(Outcome::WaitUntil { until, output: Out { value: json!("waited") } })
    }
}

struct Answer;

#[async_trait]
impl Action for Answer {
    type Params = Anything;
    type Output = Out;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.answer", "Answer", "Answers whoever started the run.", Effect::None).responds()
    }
    async fn run(&self, params: Anything, _: &ActionContext<'_>) -> Result<Outcome<Out>, StepError> {
        Ok(Outcome::Respond { response: json!({ "status": 200, "body": params.value }), output: Out { value: Value::Null } })
    }
}

#[derive(Deserialize, JsonSchema)]
struct FetchParams {
    url: String,
}

struct Fetch;

#[async_trait]
impl Action for Fetch {
    type Params = FetchParams;
    type Output = Out;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.fetch", "Fetch", "Reads a list from a host.", Effect::Read)
            .destination("url", DestinationKind::Host)
            .example(json!({ "value": [{ "n": 1 }] }))
    }
    async fn run(&self, params: FetchParams, _: &ActionContext<'_>) -> Result<Outcome<Out>, StepError> {
        Ok(Out { value: json!([{ "n": 7, "from": params.url }, { "n": 8, "from": params.url }]) }.into())
    }
}
