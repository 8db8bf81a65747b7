//! Answers of models that are used again, on a real store.

use crate::support::{Backend, FakeClock};
use async_trait::async_trait;
use sayflow_engine::action::StepError;
use sayflow_engine::answers::KeptAnswers;
use sayflow_engine::ports::{Model, ModelAnswer, ModelRequest};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// Counts how often it is asked, and says so.
struct Counting {
    asked: AtomicU32,
    identity: Mutex<String>,
}

#[async_trait]
impl Model for Counting {
    async fn answer(&self, request: ModelRequest) -> Result<ModelAnswer, StepError> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        if request.user == "fail" {
            return Err(StepError::new("model_failed", "the model failed"));
        }
        Ok(ModelAnswer { text: format!("answer {number}"), cost_usd: 0.5, input_tokens: 7, ..ModelAnswer::default() })
    }

    fn identity(&self, model: Option<&str>) -> String {
        format!("{}/{}", self.identity.lock().unwrap(), model.unwrap_or("default"))
    }
}

struct World {
    model: Arc<Counting>,
    kept: KeptAnswers,
    clock: Arc<FakeClock>,
    _backend: Backend,
}

impl World {
    async fn new() -> Self {
        let backend = Backend::new();
        let clock = Arc::new(FakeClock::starting_at("2026-06-01T00:00:00Z".parse().unwrap()));
        let model = Arc::new(Counting { asked: AtomicU32::new(0), identity: Mutex::new("here".into()) });
        let kept = KeptAnswers::new(model.clone(), backend.open().await, clock.clone(), 10 * HOUR);
        Self { model, kept, clock, _backend: backend }
    }

    async fn ask(&self, request: ModelRequest) -> String {
        self.kept.answer(request).await.unwrap().text
    }
}

fn question(user: &str) -> ModelRequest {
    ModelRequest { system: "s".into(), user: user.into(), max_output_tokens: 9, keep: Some(HOUR), ..ModelRequest::default() }
}

#[tokio::test]
async fn the_same_question_is_asked_once_within_its_time_and_costs_once() {
    let world = World::new().await;
    assert_eq!(world.kept.answer(question("a")).await.unwrap().cost_usd.to_bits(), 0.5_f64.to_bits());
    let again = world.kept.answer(ModelRequest { timeout: Some(HOUR), most_usd: Some(0.0), ..question("a") }).await.unwrap();
    assert_eq!((again.text.as_str(), again.cost_usd.to_bits(), again.input_tokens), ("answer 1", 0, 0));
    world.clock.set(jiff::SignedDuration::from_hours(1));
    assert_eq!(world.ask(question("a")).await, "answer 2", "an hour later it is asked anew");
}

#[tokio::test]
async fn any_other_question_or_model_is_asked() {
    let world = World::new().await;
    assert_eq!(world.ask(question("a")).await, "answer 1");
    for other in [
        question("b"),
        ModelRequest { system: "t".into(), ..question("a") },
        ModelRequest { model: Some("other".into()), ..question("a") },
        ModelRequest { schema: Some(true.into()), ..question("a") },
        ModelRequest { max_output_tokens: 8, ..question("a") },
        ModelRequest { keep: None, ..question("a") },
    ] {
        assert_ne!(world.ask(other.clone()).await, "answer 1", "{other:?}");
    }
    *world.model.identity.lock().unwrap() = "elsewhere".into();
    assert_eq!(world.ask(question("a")).await, "answer 8", "the settings name another endpoint");
}

#[tokio::test]
async fn failures_are_not_kept_and_nothing_is_kept_longer_than_retention_says() {
    let world = World::new().await;
    for _ in 0..2 {
        assert!(world.kept.answer(question("fail")).await.is_err());
    }
    assert_eq!(world.model.asked.load(Ordering::SeqCst), 2);
    assert_eq!(world.ask(ModelRequest { keep: Some(1000 * HOUR), ..question("a") }).await, "answer 3");
    world.clock.set(jiff::SignedDuration::from_hours(10));
    assert_eq!(world.ask(ModelRequest { keep: Some(1000 * HOUR), ..question("a") }).await, "answer 4");
}
