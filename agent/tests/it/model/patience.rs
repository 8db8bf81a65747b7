//! Waiting: pauses between attempts, answers that do not come, and calls that somebody stops.

use super::{ask, ask_within, words};
use async_trait::async_trait;
use jiff::Timestamp;
use sayflow_agent::model::{Allowance, CallContext, Fault, ModelClient, ModelConfig, ModelError, Silent, Timeouts};
use sayflow_agent::testing::{Gate, ModelServer, Reply};
use sayflow_engine::ports::Clock;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// A clock on which waiting takes no time; it keeps how long was waited.
#[derive(Default)]
struct Jumping(Mutex<Vec<Duration>>);

#[async_trait]
impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.lock().unwrap().push(at.duration_since(self.now()).try_into().unwrap());
    }
}

/// A client that waits on a jumping clock.
fn jumping(server: &ModelServer) -> (ModelClient, Arc<Jumping>) {
    let clock = Arc::new(Jumping::default());
    let config = ModelConfig { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..server.config() };
    (ModelClient::new(config).unwrap(), clock)
}

/// A client with other limits in time.
fn hurried(server: &ModelServer, timeouts: Timeouts) -> ModelClient {
    ModelClient::new(ModelConfig { timeouts, ..server.config() }).unwrap()
}

const MOMENT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn the_pause_that_the_server_asks_for_is_kept_in_both_forms() {
    let server = ModelServer::start().await;
    let limited = |value: &str| Reply::error(429, "rate_limit_exceeded", "slow down").header("retry-after", value);
    server.any().reply(limited("7")).reply(limited("Fri, 20 Nov 2026 12:01:30 GMT")).reply(Reply::text("Good day"));
    let (client, clock) = jumping(&server);
    assert_eq!(ask(&client, words()).await.unwrap().text, "Good day");
    assert_eq!(*clock.0.lock().unwrap(), [Duration::from_secs(7), Duration::from_secs(90)]);
}

#[tokio::test]
async fn failures_that_may_pass_are_tried_four_times() {
    for (status, fault) in [(429, Fault::RateLimited), (500, Fault::ServerError), (503, Fault::ServerError), (529, Fault::ServerError)] {
        let server = ModelServer::start().await;
        server.any().always(Reply::error(status, "busy", "busy"));
        let why = ask(&server.client(), words()).await.unwrap_err();
        assert_eq!((why.fault, server.requests().len()), (fault, 4));
        assert_eq!(why.usage.model_calls, 0, "what is refused is not billed");
    }
}

#[tokio::test]
async fn nobody_waits_longer_than_there_is_time() {
    let server = ModelServer::start().await;
    server.any().always(Reply::error(429, "rate_limit_exceeded", "slow down").header("retry-after", "3600"));
    let (client, clock) = jumping(&server);
    let within = Allowance::new(u64::MAX, f64::INFINITY, Some(Instant::now() + Duration::from_secs(60)));
    let why = ask_within(&client, words(), &within).await.unwrap_err();
    assert_eq!((why.fault, server.requests().len()), (Fault::RateLimited, 1));
    assert!(why.message.contains("it asks to wait 3600 s"), "{why}");
    assert!(clock.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_word_in_time_is_a_timeout() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::silence());
    let why = ask(&hurried(&server, Timeouts { first_token: MOMENT, ..Timeouts::default() }), words()).await.unwrap_err();
    assert_eq!(why.fault, Fault::Timeout);
    assert!(why.to_string().contains("first_token_seconds"), "{why}");
}

#[tokio::test]
async fn a_server_that_says_only_that_it_is_there_says_nothing() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::text("never").stalls_after(0));
    let why = ask(&hurried(&server, Timeouts { first_token: MOMENT, ..Timeouts::default() }), words()).await.unwrap_err();
    assert_eq!(why.fault, Fault::Timeout);
}

#[tokio::test]
async fn an_answer_that_stops_in_its_middle_is_stalled_and_paid_for() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::text("a sentence of several pieces").stalls_after(2));
    let why = ask(&hurried(&server, Timeouts { stall: MOMENT, ..Timeouts::default() }), words()).await.unwrap_err();
    assert_eq!((why.fault, why.usage.model_calls), (Fault::Stalled, 1));
    assert!(why.usage.estimated && why.usage.output_tokens > 0, "{:?}", why.usage);
    server.until_hung_up(1).await;
}

#[tokio::test]
async fn a_call_ends_with_its_time_whatever_it_waits_for() {
    let limits = Timeouts { call: MOMENT, ..Timeouts::default() };
    for reply in
        [Reply::silence(), Reply::text("several pieces of words").stalls_after(1), Reply::raw("application/json", " ").behind(&Gate::new())]
    {
        let server = ModelServer::start().await;
        server.any().reply(reply);
        let why = ask(&hurried(&server, limits), words()).await.unwrap_err();
        assert_eq!(why.fault, Fault::Timeout, "{why}");
    }
}

#[tokio::test]
async fn stopping_a_call_closes_its_connection() {
    for reply in [Reply::silence(), Reply::text("several pieces of words").stalls_after(1), Reply::endless().behind(&Gate::new())] {
        let server = ModelServer::start().await;
        server.any().reply(reply);
        let (client, cancel) = (server.client(), CancellationToken::new());
        let stopper = cancel.clone();
        let call = tokio::spawn(async move {
            client.chat(words(), &CallContext { allowance: &Allowance::unlimited(), cancel: &cancel, progress: &Silent }).await
        });
        server.until_asked(1).await;
        stopper.cancel();
        let why: ModelError = call.await.unwrap().unwrap_err();
        assert_eq!((why.fault, why.usage.model_calls), (Fault::Cancelled, 1));
        server.until_hung_up(1).await;
    }
}

#[tokio::test]
async fn a_call_that_is_stopped_beforehand_is_not_made() {
    let server = ModelServer::start().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let cx = CallContext { allowance: &Allowance::unlimited(), cancel: &cancel, progress: &Silent };
    assert_eq!(server.client().chat(words(), &cx).await.unwrap_err().fault, Fault::Cancelled);
    assert!(server.requests().is_empty());
}
