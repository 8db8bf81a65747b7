//! The key goes to its endpoint and nowhere else: not to another address, not into an error, not into a log.

use super::{ask, words};
use sayflow_agent::model::{ApiKey, Endpoint, Fault, ModelClient, ModelConfig};
use sayflow_agent::testing::{ModelServer, Reply};
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

const KEY: &str = "sk-very-secret-key";

fn keyed(server: &ModelServer) -> ModelClient {
    let endpoint = Endpoint::new(&server.base_url(), Some(ApiKey::new(KEY))).unwrap().with_model(Some("scripted".to_owned()));
    ModelClient::new(ModelConfig { default: endpoint, ..server.config() }).unwrap()
}

/// Everything that is logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_key_is_sent_and_shows_in_no_log_and_no_error() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let server = ModelServer::start().await;
    let echo = |status| Reply::error(status, "bad", &format!("Incorrect API key provided: {KEY}. Find yours at models.example"));
    server
        .any()
        .reply(Reply::text("Good day"))
        .reply(echo(401))
        .reply(echo(400))
        .reply(echo(400))
        .reply(Reply::raw("application/json", format!("{{\"broken\": \"{KEY}")))
        .reply(Reply::raw("text/event-stream", format!("data: broken {KEY}\n\n")))
        .reply(Reply::raw("text/html", format!("<p>{KEY}</p>")))
        .reply(Reply::raw("text/plain", "").status(302).header("location", &format!("https://elsewhere.example/?key={KEY}")));
    let client = keyed(&server);
    assert_eq!(ask(&client, words()).await.unwrap().text, "Good day");
    assert_eq!(server.requests()[0].header("authorization"), Some("Bearer sk-very-secret-key"));
    let mut said = format!("{client:?}");
    for _ in 0..4 {
        let why = ask(&client, words()).await.unwrap_err();
        said.push_str(&format!("{why} {why:?}"));
    }
    server.assert_done();
    assert!(said.contains("(hidden)"), "{said}");
    assert!(!said.contains("sk-very"), "{said}");
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("a model was asked"), "nothing was captured");
    assert!(!logged.contains("sk-very"), "{logged}");
    assert!(!logged.contains("Good day"), "what people and models say is not logged: {logged}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (server, elsewhere) = (ModelServer::start().await, ModelServer::start().await);
    server.any().reply(Reply::raw("text/plain", "").status(307).header("location", &format!("{}/chat/completions", elsewhere.base_url())));
    let why = ask(&keyed(&server), words()).await.unwrap_err();
    assert_eq!(why.fault, Fault::Unreachable);
    assert!(why.to_string().contains(&elsewhere.base_url()) && why.to_string().contains("the key is not sent"), "{why}");
    assert!(elsewhere.everything().is_empty());
}

#[tokio::test]
async fn an_endpoint_without_a_key_gets_no_header() {
    let server = ModelServer::start().await;
    server.any().reply(Reply::text("Good day"));
    ask(&server.client(), words()).await.unwrap();
    assert_eq!(server.requests()[0].header("authorization"), None);
}
