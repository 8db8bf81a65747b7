//! Models of an installation: when one counts as configured, what may be spent on it, and steps that ask it.

use sayflow_agent::model::{AnswerForm, CallContext, ChatCall, Fault, Message, Role, Silent};
use sayflow_agent::testing::{ModelServer, Reply};
use sayflow_host::{App, Environment, Flags, Home, Principal, Settings};
use sayflow_protocol::api::SetCredential;
use serde_json::json;
use tokio_util::sync::CancellationToken;

struct Case {
    home: Home,
    settings: Settings,
    _folder: tempfile::TempDir,
}

impl Case {
    /// An installation with this in its `config.toml`.
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        std::fs::write(home.config_file(), config).unwrap();
        let settings = Settings::load(&home, &Environment::default(), &Flags::default()).unwrap();
        Self { home, settings, _folder: folder }
    }

    /// One that asks a scripted server, one dollar for a thousand tokens, with a budget.
    fn asking(server: &ModelServer, budget: &str) -> Self {
        let price = "[models.prices.scripted]\ninput = 1000\noutput = 1000\n";
        Self::new(&format!("[models]\nbase_url = \"{}\"\nmodel = \"scripted\"\n[models.budget]\n{budget}\n{price}", server.base_url()))
    }

    async fn open(&self) -> App {
        App::open(&self.home, &self.settings).await.unwrap()
    }
}

/// Says something in a conversation; the failure is what the client says.
async fn ask(app: &App, thread: &str) -> Result<f64, Fault> {
    let call = ChatCall {
        role: Role::Chat,
        purpose: "test",
        messages: vec![Message::user("Good day")],
        answer: AnswerForm::Text,
        tools: Vec::new(),
        max_output_tokens: 100,
    };
    let allowance = app.allowance(thread).await.unwrap();
    let cx = CallContext { allowance: &allowance, cancel: &CancellationToken::new(), progress: &Silent };
    let answer = app.models().unwrap().chat(call, &cx).await;
    answer.map(|answer| answer.usage.cost_usd).map_err(|why| why.fault)
}

#[tokio::test]
async fn nothing_is_asked_when_an_installation_is_opened() {
    let server = ModelServer::start().await;
    let case = Case::asking(&server, "");
    let app = case.open().await;
    assert_eq!(app.models().unwrap().model_of(Role::Plan), "scripted");
    assert_eq!(app.models_trouble(), None);
    app.close().await;
    assert!(server.everything().is_empty());
}

#[tokio::test]
async fn a_model_is_there_as_soon_as_its_account_is_and_gone_with_it() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::text("Good day"));
    let case = Case::new("");
    let app = case.open().await;
    assert!(app.models().is_none() && app.models_trouble().is_none());
    let form = json!({ "type": "openai", "fields": { "api_key": "sk-account", "base_url": server.base_url() } });
    let form: SetCredential = serde_json::from_value(form).unwrap();
    app.set_credential(&Principal::Owner, "mine", form.clone()).await.unwrap();
    ask(&app, "t1").await.unwrap();
    assert_eq!(server.requests()[0].header("authorization"), Some("Bearer sk-account"));
    // Nobody knows which of two is meant.
    app.set_credential(&Principal::Owner, "yours", form).await.unwrap();
    assert!(app.models().is_none() && app.models_trouble().unwrap().contains("models.credential"));
    app.delete_credential(&Principal::Owner, "yours").await.unwrap();
    assert!(app.models().is_some());
    app.delete_credential(&Principal::Owner, "mine").await.unwrap();
    assert!(app.models().is_none());
}

#[tokio::test]
async fn what_a_day_may_cost_holds_over_restarts_and_over_conversations() {
    let server = ModelServer::start().await;
    server.any().always(Reply::text("Good day").usage(500, 100));
    let case = Case::asking(&server, "day_usd = 1.25");
    let app = case.open().await;
    assert!((ask(&app, "t1").await.unwrap() - 0.6).abs() < 1e-9);
    app.close().await;
    let app = case.open().await;
    ask(&app, "t2").await.unwrap();
    assert_eq!(ask(&app, "t3").await, Err(Fault::OverBudget));
    app.close().await;
    assert_eq!(ask(&case.open().await, "t4").await, Err(Fault::OverBudget));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn what_a_conversation_may_cost_is_its_own() {
    let server = ModelServer::start().await;
    server.any().always(Reply::text("Good day").usage(500, 100));
    let case = Case::asking(&server, "thread_usd = 0.65");
    let app = case.open().await;
    ask(&app, "t1").await.unwrap();
    assert_eq!(ask(&app, "t1").await, Err(Fault::OverBudget));
    ask(&app, "t2").await.unwrap();
    app.close().await;
    assert_eq!(ask(&case.open().await, "t1").await, Err(Fault::OverBudget));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn turns_side_by_side_share_what_a_day_may_cost() {
    let server = ModelServer::start().await;
    let gate = sayflow_agent::testing::Gate::new();
    server.any().always(Reply::text("Good day").usage(50, 50).behind(&gate));
    // Room for one question of some 110 tokens at a time.
    let case = Case::asking(&server, "day_usd = 0.2");
    let app = case.open().await;
    let first = tokio::spawn({
        let app = app.clone();
        async move { ask(&app, "t1").await }
    });
    server.until_asked(1).await;
    assert_eq!(ask(&app, "t2").await, Err(Fault::OverBudget));
    gate.open();
    first.await.unwrap().unwrap();
    assert_eq!(server.requests().len(), 1);
}
