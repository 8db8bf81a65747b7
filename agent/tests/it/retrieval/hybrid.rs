//! Searching by meaning: an endpoint that is there, wrong, slow to come or gone, a model that changes, and a server that
//! comes and goes. Meanings are made up: each word that the fake model knows is one direction.

use super::fake_qdrant::FakeQdrant;
use sayflow_agent::retrieval::{
    EmbedError, EmbedKind, Embedder, Embeddings, Endpoint, EndpointEmbedder, EntryKind, FolderEmbedder, Library, QdrantServer, Retrieval,
};
use sayflow_protocol::Workflow;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// Words with one meaning stand in one row.
const MEANINGS: &[&[&str]] = &[&["feline", "cats"], &["canine", "dogs"], &["zebra"], &["file", "read"], &["list", "filter"]];

fn vector(text: &str) -> Vec<f32> {
    let text = text.to_lowercase();
    let mut vector: Vec<f32> = MEANINGS.iter().map(|words| words.iter().map(|word| text.matches(word).count() as f32).sum()).collect();
    vector.push(0.1);
    vector
}

fn answer(request: &Request) -> ResponseTemplate {
    let body: Value = request.body_json().unwrap();
    assert_eq!(body["encoding_format"], "float");
    let texts: Vec<&str> = body["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    // In the wrong order, and without `usage`: servers do both.
    let data: Vec<Value> =
        texts.iter().enumerate().rev().map(|(index, text)| json!({ "index": index, "embedding": vector(text) })).collect();
    ResponseTemplate::new(200).set_body_json(json!({ "data": data }))
}

async fn endpoint() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/v1/embeddings")).respond_with(answer).mount(&server).await;
    server
}

fn embeddings(server: &MockServer, model: &str) -> Embeddings {
    Embeddings::Endpoint(Endpoint { base_url: format!("{}/v1/", server.uri()), api_key: Some("s3cret".into()), model: model.into() })
}

fn workflow(name: &str, description: &str) -> Workflow {
    serde_json::from_value(json!({ "name": name, "description": description, "steps": [{ "id": "a", "uses": "data.set" }] })).unwrap()
}

/// A library with two workflows whose words no question below has.
async fn library(retrieval: Retrieval) -> Library {
    let library = Library::with(Arc::new(sayflow_actions::catalogue()), Retrieval { try_again: Duration::ZERO, ..retrieval });
    library.put_workflow(&workflow("paws", "feline qqq"));
    library.put_workflow(&workflow("tails", "canine www"));
    library.settled().await;
    library
}

async fn found(library: &Library, text: &str) -> Option<String> {
    library.search(text, &[EntryKind::Workflow], 5).await.into_iter().next().map(|hit| hit.id)
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_request_finds_by_meaning_what_has_none_of_its_words() {
    let server = endpoint().await;
    let library = library(Retrieval { embeddings: Some(embeddings(&server, "m")), ..Retrieval::default() }).await;
    assert_eq!(library.search_words("dogs", &[EntryKind::Workflow], 5), []);
    assert_eq!(found(&library, "dogs").await.as_deref(), Some("tails"));
    assert_eq!(found(&library, "cats").await.as_deref(), Some("paws"));
    let key = server.received_requests().await.unwrap()[0].headers["authorization"].to_str().unwrap().to_owned();
    assert_eq!(key, "Bearer s3cret");
    assert!(library.take_news().is_empty());
}

#[tokio::test]
async fn nothing_is_embedded_before_the_first_search() {
    let server = endpoint().await;
    let library = Library::with(
        Arc::new(sayflow_actions::catalogue()),
        Retrieval { embeddings: Some(embeddings(&server, "m")), ..Retrieval::default() },
    );
    library.settled().await;
    assert_eq!(requests(&server).await, 0);
}

#[tokio::test]
async fn saved_and_removed_workflows_are_found_by_meaning_when_the_work_is_done() {
    let server = endpoint().await;
    let library = library(Retrieval { embeddings: Some(embeddings(&server, "m")), ..Retrieval::default() }).await;
    found(&library, "cats").await;
    library.put_workflow(&workflow("stripes", "a feline zebra"));
    assert_eq!(library.search_words("zebra", &[EntryKind::Workflow], 1)[0].id, "stripes");
    library.settled().await;
    assert_eq!(found(&library, "cats").await.as_deref(), Some("paws"));
    library.put_workflow(&workflow("paws", "nothing of the kind"));
    library.remove_workflow("tails");
    library.settled().await;
    let by_meaning = library.search("cats", &[EntryKind::Workflow], 5).await;
    assert_eq!(by_meaning[0].id, "stripes");
    assert!(by_meaning.iter().all(|hit| hit.id != "tails"));
    assert_eq!(by_meaning.len(), 2);
}

#[tokio::test]
async fn a_restart_does_not_embed_again_what_is_kept() {
    let (server, folder) = (endpoint().await, tempfile::tempdir().unwrap());
    let kept = || Retrieval { embeddings: Some(embeddings(&server, "m")), folder: Some(folder.path().to_owned()), ..Retrieval::default() };
    let first = library(kept()).await;
    assert_eq!(found(&first, "dogs").await.as_deref(), Some("tails"));
    let before = requests(&server).await;
    assert!(before >= 2);
    let second = library(kept()).await;
    assert_eq!(found(&second, "dogs").await.as_deref(), Some("tails"), "the first search has what is kept");
    assert_eq!(requests(&server).await, before + 1, "only the request itself was embedded");
}

#[tokio::test]
async fn another_model_is_used_when_all_its_vectors_are_there_and_the_old_one_until_then() {
    /// Waits until it is let go, then embeds everything as the opposite of what it means.
    struct Held(Arc<tokio::sync::Semaphore>);
    #[async_trait::async_trait]
    impl Embedder for Held {
        fn fingerprint(&self) -> &str {
            "held"
        }
        async fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
            self.0.acquire().await.unwrap().forget();
            let swap = |text: &&str| if kind == EmbedKind::Query { text.replace("dogs", "cats") } else { (*text).to_owned() };
            Ok(texts.iter().map(|text| vector(&swap(text))).collect())
        }
    }
    let (server, gate) = (endpoint().await, Arc::new(tokio::sync::Semaphore::new(0)));
    let library = library(Retrieval { embeddings: Some(embeddings(&server, "m")), ..Retrieval::default() }).await;
    assert_eq!(found(&library, "dogs").await.as_deref(), Some("tails"));
    library.use_embeddings(Some(Embeddings::Own(Arc::new(Held(Arc::clone(&gate))))));
    assert_eq!(found(&library, "dogs").await.as_deref(), Some("tails"), "the old version answers meanwhile");
    assert!(library.embedder().unwrap().fingerprint().starts_with("endpoint"));
    gate.add_permits(1000);
    library.settled().await;
    assert_eq!(library.embedder().unwrap().fingerprint(), "held");
    assert_eq!(found(&library, "dogs").await.as_deref(), Some("paws"), "the new version answers now");
    library.use_embeddings(None);
    library.settled().await;
    assert_eq!(found(&library, "dogs").await, None);
}

#[tokio::test]
async fn without_the_endpoint_words_are_searched_and_it_is_said_once_until_it_is_back() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let library = library(Retrieval { embeddings: Some(embeddings(&server, "m")), ..Retrieval::default() }).await;
    for _ in 0..3 {
        assert_eq!(found(&library, "canine").await.as_deref(), Some("tails"));
        library.settled().await;
    }
    let news = library.take_news();
    assert!(news.len() == 1 && news[0].contains("the key is refused") && !news[0].contains("s3cret"), "{news:?}");
    server.reset().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    found(&library, "dogs").await;
    library.settled().await;
    assert_eq!(found(&library, "dogs").await.as_deref(), Some("tails"));
    let news = library.take_news();
    assert!(news.len() == 1 && news[0].contains("there again"), "{news:?}");
}

#[tokio::test]
async fn an_endpoint_that_goes_away_leaves_the_words() {
    let server = endpoint().await;
    let library = library(Retrieval { embeddings: Some(embeddings(&server, "m")), ..Retrieval::default() }).await;
    assert_eq!(found(&library, "dogs").await.as_deref(), Some("tails"));
    server.reset().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(404)).mount(&server).await;
    assert_eq!(found(&library, "cats").await, None);
    assert_eq!(found(&library, "feline").await.as_deref(), Some("paws"));
    assert_eq!(library.take_news().len(), 1);
}

#[tokio::test]
async fn answers_that_are_no_embeddings_are_refused_with_the_reason() {
    let wrong = [
        (json!({ "data": [{ "index": 0, "embedding": [1.0] }] }), "1 vectors for 2 texts|a text has no vector"),
        (json!({ "data": [{ "index": 0, "embedding": [1.0] }, { "index": 0, "embedding": [1.0] }] }), "numbered"),
        (json!({ "data": [{ "embedding": [1.0] }, { "embedding": [1.0, 2.0] }] }), "2 dimensions"),
        (json!({ "data": [{ "embedding": [] }, { "embedding": [] }] }), "0 dimensions"),
        (json!({ "data": [{ "embedding": [null] }, { "embedding": [1.0] }] }), "no embeddings"),
        (json!({ "object": "list" }), "no embeddings"),
        (json!("<html>"), "no embeddings"),
    ];
    for (body, reason) in wrong {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_json(&body)).mount(&server).await;
        let endpoint = Endpoint { base_url: format!("{}/v1", server.uri()), api_key: None, model: "m".into() };
        let why = EndpointEmbedder::new(endpoint).unwrap().embed(EmbedKind::Document, &["a", "b"]).await.unwrap_err().to_string();
        assert!(reason.split('|').any(|reason| why.contains(reason)), "{body}: {why}");
    }
}

#[tokio::test]
async fn many_texts_go_in_batches_and_come_back_in_order() {
    let server = endpoint().await;
    let endpoint = Endpoint { base_url: format!("{}/v1", server.uri()), api_key: None, model: "m".into() };
    let texts: Vec<String> = (0..150).map(|n| if n % 3 == 0 { "cats".to_owned() } else { "dogs".repeat(n) }).collect();
    let asked: Vec<&str> = texts.iter().map(String::as_str).collect();
    let made = EndpointEmbedder::new(endpoint).unwrap().embed(EmbedKind::Document, &asked).await.unwrap();
    assert_eq!(made, texts.iter().map(|text| vector(text)).collect::<Vec<_>>());
    assert_eq!(requests(&server).await, 3);
}

#[tokio::test]
async fn a_folder_without_a_model_is_told_and_words_are_searched() {
    let folder = tempfile::tempdir().unwrap();
    let why = FolderEmbedder::open(folder.path().join("none")).await.err().unwrap().to_string();
    assert!(why.contains("no such folder") && why.contains("retrieval.embeddings.folder"), "{why}");
    let library = library(Retrieval { embeddings: Some(Embeddings::Folder(folder.path().to_owned())), ..Retrieval::default() }).await;
    assert_eq!(found(&library, "canine").await.as_deref(), Some("tails"));
    library.settled().await;
    assert_eq!(library.take_news().len(), 1);
}

#[tokio::test]
async fn a_model_in_a_folder_embeds_texts() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path());
    let embedder = FolderEmbedder::open(folder.path().to_owned()).await.unwrap();
    let made = embedder.embed(EmbedKind::Query, &["cats", "dogs", "cats dogs"]).await.unwrap();
    assert_eq!(made[..2], [vec![1.0, 0.0], vec![0.0, 1.0]]);
    assert!((made[2][0] - made[2][1]).abs() < 1e-6 && made[2][0] > 0.5, "{made:?}");
    let first = embedder.fingerprint().to_owned();
    std::fs::write(folder.path().join("config.json"), "{\"normalize\": true }").unwrap();
    assert_ne!(FolderEmbedder::open(folder.path().to_owned()).await.unwrap().fingerprint(), first);
}

/// A model2vec model with two words and two dimensions.
fn write_model(folder: &std::path::Path) {
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true },
        "pre_tokenizer": { "type": "BertPreTokenizer" }, "post_processor": null, "decoder": null,
        "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": { "[UNK]": 0, "cats": 1, "dogs": 2 } }
    });
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    std::fs::write(folder.join("config.json"), "{\"normalize\": true}").unwrap();
    let numbers: Vec<u8> = [0.0_f32, 0.0, 1.0, 0.0, 0.0, 1.0].iter().flat_map(|number| number.to_le_bytes()).collect();
    let head = json!({ "embeddings": { "dtype": "F32", "shape": [3, 2], "data_offsets": [0, numbers.len()] } }).to_string();
    let head = format!("{head:<width$}", width = head.len().next_multiple_of(8));
    let mut file = (head.len() as u64).to_le_bytes().to_vec();
    file.extend(head.as_bytes());
    file.extend(numbers);
    std::fs::write(folder.join("model.safetensors"), file).unwrap();
}

fn on(fake: &FakeQdrant) -> Option<QdrantServer> {
    Some(QdrantServer { url: fake.url(), api_key: None, collection: "sayflow-test".into() })
}

#[tokio::test]
async fn a_server_answers_as_the_embedded_index_does() {
    let (fake, server) = (FakeQdrant::start().await, endpoint().await);
    let served = library(Retrieval { server: on(&fake), embeddings: Some(embeddings(&server, "m")), ..Retrieval::default() }).await;
    let embedded = library(Retrieval { embeddings: Some(embeddings(&server, "m")), ..Retrieval::default() }).await;
    for library in [&served, &embedded] {
        library.search("cats", &[EntryKind::Action], 1).await;
        library.settled().await;
    }
    fake.take_queries();
    let texts = ["cats", "dogs", "feline", "canine"];
    for text in texts {
        let (at_the_server, in_memory) =
            (served.search(text, &[EntryKind::Workflow], 5).await, embedded.search(text, &[EntryKind::Workflow], 5).await);
        assert_eq!(at_the_server, in_memory, "{text}");
        assert_eq!(in_memory.len(), 2);
    }
    assert_eq!(fake.take_queries().len(), texts.len());
}

#[tokio::test]
async fn a_server_alone_ranks_words_exactly_as_the_embedded_index() {
    let fake = FakeQdrant::start().await;
    let served = library(Retrieval { server: on(&fake), ..Retrieval::default() }).await;
    served.search("cats", &[EntryKind::Action], 1).await;
    served.settled().await;
    fake.take_queries();
    for text in ["read the orders from a csv file", "let the #ops channel know", "only those over 100 euros, newest first"] {
        let kinds = [EntryKind::Action, EntryKind::Template];
        assert_eq!(served.search(text, &kinds, 10).await, served.search_words(text, &kinds, 10), "{text}");
    }
    assert_eq!(fake.take_queries().len(), 3);
}

#[tokio::test]
async fn a_server_that_goes_away_is_replaced_and_told_once_and_comes_back_by_itself() {
    let fake = FakeQdrant::start().await;
    let library = library(Retrieval { server: on(&fake), ..Retrieval::default() }).await;
    assert_eq!(found(&library, "canine").await.as_deref(), Some("tails"));
    fake.set_away(true);
    for _ in 0..3 {
        assert_eq!(found(&library, "canine").await.as_deref(), Some("tails"));
        library.settled().await;
    }
    let news = library.take_news();
    assert!(news.len() == 1 && news[0].contains("embedded index for now"), "{news:?}");
    // What changes meanwhile is there afterwards, even if the server lost everything.
    library.put_workflow(&workflow("stripes", "zebra zzz"));
    assert_eq!(found(&library, "zebra").await.as_deref(), Some("stripes"));
    library.settled().await;
    fake.forget();
    fake.set_away(false);
    found(&library, "zebra").await;
    library.settled().await;
    fake.take_queries();
    assert_eq!(found(&library, "zebra").await.as_deref(), Some("stripes"));
    assert_eq!(fake.take_queries().len(), 1, "the server answers again");
    let news = library.take_news();
    assert!(news.len() == 1 && news[0].contains("there again"), "{news:?}");
}

#[tokio::test]
async fn a_change_is_found_before_the_server_has_it() {
    let fake = FakeQdrant::start().await;
    let library = library(Retrieval { server: on(&fake), ..Retrieval::default() }).await;
    found(&library, "canine").await;
    library.put_workflow(&workflow("stripes", "zebra zzz"));
    assert_eq!(found(&library, "zebra").await.as_deref(), Some("stripes"));
    library.settled().await;
    let at_the_server = fake.points();
    library.remove_workflow("stripes");
    assert_eq!(found(&library, "zebra").await, None);
    library.settled().await;
    assert_eq!(fake.points(), at_the_server - 1);
}

#[tokio::test]
async fn another_model_gets_a_collection_of_its_own_and_the_old_one_goes() {
    let (fake, server) = (FakeQdrant::start().await, endpoint().await);
    let library = library(Retrieval { server: on(&fake), embeddings: Some(embeddings(&server, "m")), ..Retrieval::default() }).await;
    found(&library, "cats").await;
    library.settled().await;
    let before = fake.collections();
    library.use_embeddings(Some(embeddings(&server, "other")));
    library.settled().await;
    let after = fake.collections();
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    assert_eq!(found(&library, "dogs").await.as_deref(), Some("tails"));
}
