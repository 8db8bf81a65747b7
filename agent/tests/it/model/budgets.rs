//! Nothing is spent beyond what may be spent: what is too much is refused before it is asked.

use super::{ask_within, words};
use sayflow_agent::model::{Account, Allowance, Fault, ModelClient, ModelConfig, Price, Prices, Span, SpendingLog};
use sayflow_agent::testing::{Gate, ModelServer, Reply};
use sayflow_protocol::api::Usage;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A client that knows what its model costs: one dollar for a thousand tokens.
fn priced(server: &ModelServer) -> ModelClient {
    let prices = Prices(BTreeMap::from([("scripted".to_owned(), Price { input: 1000.0, output: 1000.0 })]));
    ModelClient::new(ModelConfig { prices, ..server.config() }).unwrap()
}

#[tokio::test]
async fn too_few_tokens_are_refused_before_anything_is_sent() {
    let server = ModelServer::start().await;
    let why = ask_within(&server.client(), words(), &Allowance::new(500, f64::INFINITY, None)).await.unwrap_err();
    assert_eq!((why.fault, why.usage), (Fault::OverBudget, Usage::default()));
    assert!(why.to_string().contains("models.budget.turn_tokens"), "{why}");
    assert!(server.everything().is_empty());
}

#[tokio::test]
async fn too_little_money_is_refused_before_anything_is_sent_and_names_its_limit() {
    let server = ModelServer::start().await;
    let client = priced(&server);
    let why = ask_within(&client, words(), &Allowance::new(u64::MAX, 0.25, None)).await.unwrap_err();
    assert!(why.fault == Fault::OverBudget && why.to_string().contains("models.budget.turn_usd"), "{why}");
    for (span, setting) in [(Span::Thread, "models.budget.thread_usd"), (Span::Day, "models.budget.day_usd")] {
        let allowance = Allowance::unlimited().out_of(vec![Arc::new(Account::new(span, 0.25))]);
        let why = ask_within(&client, words(), &allowance).await.unwrap_err();
        assert!(why.fault == Fault::OverBudget && why.to_string().contains(setting), "{why}");
    }
    assert!(server.everything().is_empty());
}

#[tokio::test]
async fn a_model_without_a_price_is_not_asked_where_money_is_limited() {
    let server = ModelServer::start().await;
    let why = ask_within(&server.client(), words(), &Allowance::new(u64::MAX, 5.0, None)).await.unwrap_err();
    assert!(why.fault == Fault::OverBudget && why.to_string().contains("[models.prices.\"scripted\"]"), "{why}");
    assert!(server.everything().is_empty());
}

#[tokio::test]
async fn calls_side_by_side_share_an_allowance() {
    let server = ModelServer::start().await;
    let gate = Gate::new();
    server.any().always(Reply::text("Good day").usage(10, 5).behind(&gate));
    let client = server.client();
    // Room for two questions of some 520 tokens at once.
    let allowance = Arc::new(Allowance::new(1100, f64::INFINITY, None));
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let (client, allowance) = (client.clone(), Arc::clone(&allowance));
            tokio::spawn(async move { ask_within(&client, words(), &allowance).await })
        })
        .collect();
    server.until_asked(2).await;
    gate.open();
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(call.await.unwrap().map_err(|why| why.fault));
    }
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(Fault::OverBudget)).count(), 2, "{outcomes:?}");
    // What was not used is there again.
    ask_within(&client, words(), &allowance).await.unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[derive(Debug, Default)]
struct Written(Mutex<Vec<(String, Usage)>>);

impl SpendingLog for Written {
    fn spent(&self, model: &str, usage: &Usage) {
        self.0.lock().unwrap().push((model.to_owned(), *usage));
    }
}

#[tokio::test]
async fn what_is_spent_is_taken_out_of_the_accounts_and_written_down() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::error(500, "busy", "busy")).reply(Reply::text("Good day").usage(100, 25));
    let (day, log) = (Arc::new(Account::new(Span::Day, 2.0)), Arc::new(Written::default()));
    let allowance = Allowance::unlimited().out_of(vec![Arc::clone(&day)]).logged(Arc::clone(&log) as Arc<dyn SpendingLog>);
    let answer = ask_within(&priced(&server), words(), &allowance).await.unwrap();
    assert!((answer.usage.cost_usd - 0.125).abs() < 1e-9 && (day.left() - 1.875).abs() < 1e-9, "{answer:?} {day:?}");
    let written = log.0.lock().unwrap().clone();
    assert_eq!(written, [("scripted".to_owned(), answer.usage)]);
}
