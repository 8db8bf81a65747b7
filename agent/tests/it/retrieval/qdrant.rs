//! The index on a server: that it does what every index does, and what it sends.

use super::conformance::{conforms, record, spec};
use super::fake_qdrant::FakeQdrant;
use qdrant_client::qdrant::query::Variant;
use sayflow_agent::retrieval::{EmbedKind, EntryKind, Index, IndexError, IndexSpec, QdrantIndex, QdrantServer, Query, SparseEmbedder};

fn server(url: &str) -> QdrantServer {
    QdrantServer { url: url.to_owned(), api_key: None, collection: format!("sayflow-test-{}", uuid::Uuid::now_v7().simple()) }
}

#[tokio::test]
async fn the_index_on_a_server_conforms() {
    let fake = FakeQdrant::start().await;
    conforms(&QdrantIndex::new(&server(&fake.url())).unwrap()).await;
}

/// Asked of a real server when `QDRANT_URL` names one.
#[tokio::test]
async fn the_index_on_a_real_server_conforms() {
    let Ok(url) = std::env::var("QDRANT_URL") else { return };
    let server = server(&url);
    conforms(&QdrantIndex::new(&server).unwrap()).await;
    let client = qdrant_client::Qdrant::from_url(&url).skip_compatibility_check().build().unwrap();
    for collection in client.list_collections().await.unwrap().collections {
        if collection.name.starts_with(&server.collection) {
            client.delete_collection(&collection.name).await.unwrap();
        }
    }
}

#[tokio::test]
async fn the_fusions_constant_and_exactness_are_always_sent() {
    let fake = FakeQdrant::start().await;
    let index = QdrantIndex::new(&server(&fake.url())).unwrap();
    index.ensure(&spec(Some(2))).await.unwrap();
    index.upsert(vec![record("a", EntryKind::Action, "read a file", Some(vec![1.0, 0.0]))]).await.unwrap();
    let sparse = SparseEmbedder.embed_one(EmbedKind::Query, "file");
    let query = Query { sparse: Some(&sparse), dense: Some(&[1.0, 0.0]), prefetch: 7, limit: 3, ..Query::default() };
    index.query(&query).await.unwrap();
    let sent = fake.take_queries().pop().unwrap();
    // The server counts ranks from 0.
    assert!(matches!(sent.query.unwrap().variant, Some(Variant::Rrf(rrf)) if rrf.k == Some(61)));
    assert_eq!(sent.prefetch.len(), 2);
    assert!(sent.prefetch.iter().all(|one| one.limit == Some(7) && one.params.as_ref().unwrap().exact == Some(true)));
}

#[tokio::test]
async fn a_second_reader_knows_what_the_first_one_wrote() {
    let fake = FakeQdrant::start().await;
    let server = server(&fake.url());
    let first = QdrantIndex::new(&server).unwrap();
    first.ensure(&spec(None)).await.unwrap();
    // More than one page.
    let records =
        |from: usize| (from..300).map(|n| record(&format!("e{n:03}"), EntryKind::Workflow, &format!("zebra {n}x"), None)).collect();
    first.mirror(records(0)).await.unwrap();
    fake.take_calls();
    let second = QdrantIndex::new(&server).unwrap();
    second.ensure(&spec(None)).await.unwrap();
    second.mirror(records(0)).await.unwrap();
    assert!(!fake.take_calls().iter().any(|call| call == "Upsert" || call == "Delete"), "what is there is not sent again");
    second.mirror(records(290)).await.unwrap();
    assert_eq!((second.count(None).await.unwrap(), fake.points()), (10, 10));
    let sparse = SparseEmbedder.embed_one(EmbedKind::Query, "zebra 299x");
    let query = Query { sparse: Some(&sparse), ..Query::default() };
    assert_eq!(second.query(&query).await.unwrap()[0].id, "e299");
}

#[tokio::test]
async fn only_superseded_versions_of_the_own_collection_are_removed() {
    let fake = FakeQdrant::start().await;
    let server = server(&fake.url());
    for foreign in
        ["notes", "sayflow-0123456789ab", &format!("{}-notes", server.collection), &format!("{}x-0123456789ab", server.collection)]
    {
        fake.add_collection(foreign);
    }
    let old = QdrantIndex::new(&server).unwrap();
    old.ensure(&IndexSpec { fingerprint: "old".into(), dense: None }).await.unwrap();
    let new = QdrantIndex::new(&server).unwrap();
    new.ensure(&IndexSpec { fingerprint: "new".into(), dense: Some(3) }).await.unwrap();
    assert_eq!(fake.collections().len(), 6);
    new.maintain().await.unwrap();
    assert_eq!(fake.collections().len(), 5);
    assert_eq!(new.count(None).await, Ok(0));
    assert!(matches!(old.count(None).await, Err(IndexError::Store { .. })));
}

#[tokio::test]
async fn a_refused_connection_and_a_refused_key_are_told_without_secrets() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let nobody = QdrantIndex::new(&server(&format!("http://ann:s3cret@{closed}"))).unwrap();
    let why = nobody.ensure(&spec(None)).await.unwrap_err().to_string();
    assert!(why.contains(&closed.to_string()) && why.contains("cannot be reached") && !why.contains("s3cret"), "{why}");
    assert_eq!(nobody.count(None).await, Err(IndexError::NotPrepared));

    let fake = FakeQdrant::start().await;
    fake.ask_for("s3cret");
    let wrong = QdrantServer { api_key: Some("wr0ng".into()), ..server(&fake.url()) };
    let why = QdrantIndex::new(&wrong).unwrap().ensure(&spec(None)).await.unwrap_err().to_string();
    assert!(why.contains("Unauthenticated") && !why.contains("wr0ng"), "{why}");
    let right = QdrantServer { api_key: Some("s3cret".into()), ..server(&fake.url()) };
    QdrantIndex::new(&right).unwrap().ensure(&spec(None)).await.unwrap();
}
