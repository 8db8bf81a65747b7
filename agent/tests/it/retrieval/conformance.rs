//! What every index must do, whichever store keeps its records. The embedded one is always asked; a Qdrant server when
//! `QDRANT_URL` names one.

use sayflow_agent::retrieval::{
    EmbedKind, EmbeddedIndex, EntryKind, Filter, Hit, Index, IndexError, IndexSpec, Query, Record, SparseEmbedder, SparseVector,
};

pub(crate) fn spec(dense: Option<usize>) -> IndexSpec {
    IndexSpec { fingerprint: format!("{}/test", SparseEmbedder.fingerprint()), dense }
}

pub(crate) fn record(id: &str, kind: EntryKind, text: &str, dense: Option<Vec<f32>>) -> Record {
    Record { id: id.to_owned(), kind, sparse: SparseEmbedder.embed_one(EmbedKind::Document, text), dense }
}

fn words(text: &str) -> SparseVector {
    SparseEmbedder.embed_one(EmbedKind::Query, text)
}

fn ids(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.id.as_str()).collect()
}

async fn fill(index: &dyn Index) {
    let records = vec![
        record("feed.read", EntryKind::Action, "read an RSS feed", Some(vec![1.0, 0.0])),
        record("file.read", EntryKind::Action, "read a file", Some(vec![0.0, 1.0])),
        record("news", EntryKind::Template, "post feed stories to giraffes", Some(vec![0.9, 0.1])),
    ];
    index.upsert(records).await.unwrap();
}

/// Plays everything on a fresh index. The index is left with some records.
pub(crate) async fn conforms(index: &dyn Index) {
    index.ensure(&spec(Some(2))).await.unwrap();
    assert_eq!(index.count(None).await.unwrap(), 0);
    let nothing = index.query(&Query { sparse: Some(&words("feed")), ..Query::default() }).await.unwrap();
    assert!(nothing.is_empty());
    fill(index).await;
    a_rare_word_weighs_more_than_a_common_one(index).await;
    a_filter_keeps_other_kinds_out(index).await;
    dense_vectors_are_compared_by_their_direction(index).await;
    both_vectors_are_fused_by_rank(index).await;
    equal_scores_are_sorted_by_id(index).await;
    an_upsert_replaces_and_refuses_whole(index).await;
    rarity_is_right_after_deletes_and_maintenance(index).await;
    what_does_not_fit_is_refused(index).await;
}

async fn a_rare_word_weighs_more_than_a_common_one(index: &dyn Index) {
    let hits = index.query(&Query { sparse: Some(&words("read rss")), ..Query::default() }).await.unwrap();
    assert_eq!(ids(&hits)[0], "feed.read");
    assert!(hits[0].score > hits[1].score);
    let first = index.query(&Query { sparse: Some(&words("read rss")), limit: 1, ..Query::default() }).await.unwrap();
    assert_eq!(first, hits[..1]);
}

async fn a_filter_keeps_other_kinds_out(index: &dyn Index) {
    let only = |kinds| Query { sparse: None, dense: Some(&[1.0, 0.0]), filter: Some(Filter { kinds }), ..Query::default() };
    assert_eq!(ids(&index.query(&only(&[EntryKind::Template])).await.unwrap()), ["news"]);
    assert_eq!(ids(&index.query(&only(&[EntryKind::Template, EntryKind::Action])).await.unwrap()), ["feed.read", "news", "file.read"]);
    assert!(index.query(&only(&[])).await.unwrap().is_empty());
    let words = words("feed");
    let sparse = Query { sparse: Some(&words), filter: Some(Filter { kinds: &[EntryKind::Template] }), ..Query::default() };
    let hits = index.query(&sparse).await.unwrap();
    assert_eq!((ids(&hits), hits[0].kind), (vec!["news"], EntryKind::Template));
    assert_eq!(index.count(Some(Filter { kinds: &[EntryKind::Action] })).await.unwrap(), 2);
    assert_eq!(index.count(Some(Filter { kinds: &[] })).await.unwrap(), 0);
}

async fn dense_vectors_are_compared_by_their_direction(index: &dyn Index) {
    let near = |dense| Query { dense: Some(dense), ..Query::default() };
    let (short, long) = (index.query(&near(&[0.1, 0.0])).await.unwrap(), index.query(&near(&[50.0, 0.0])).await.unwrap());
    assert_eq!(ids(&short), ["feed.read", "news", "file.read"]);
    assert_eq!(ids(&short), ids(&long));
    assert!((short[0].score - 1.0).abs() < 1e-5 && short[2].score.abs() < 1e-5, "{short:?}");
}

async fn both_vectors_are_fused_by_rank(index: &dyn Index) {
    let sparse = words("file");
    let hits = index.query(&Query { sparse: Some(&sparse), dense: Some(&[1.0, 0.0]), ..Query::default() }).await.unwrap();
    assert_eq!(ids(&hits), ["file.read", "feed.read", "news"]);
    assert!((hits[0].score - (1.0 / 61.0 + 1.0 / 63.0)).abs() < 1e-6, "{hits:?}");
    assert!((hits[1].score - 1.0 / 61.0).abs() < 1e-6, "{hits:?}");
    // A small k lets the first ranks weigh more.
    let steep = index.query(&Query { sparse: Some(&sparse), dense: Some(&[1.0, 0.0]), rrf_k: 1, ..Query::default() }).await.unwrap();
    assert!((steep[0].score - (1.0 / 2.0 + 1.0 / 4.0)).abs() < 1e-6, "{steep:?}");
    // Words that nothing holds leave the dense ranking alone.
    let unknown = words("xylophone quokka");
    let hits = index.query(&Query { sparse: Some(&unknown), dense: Some(&[1.0, 0.0]), ..Query::default() }).await.unwrap();
    assert_eq!(ids(&hits), ["feed.read", "news", "file.read"]);
}

async fn equal_scores_are_sorted_by_id(index: &dyn Index) {
    let same = ["tie-c", "tie-a", "tie-b"].map(|id| record(id, EntryKind::Workflow, "zebra census", Some(vec![-1.0, 0.0])));
    index.upsert(same.into()).await.unwrap();
    let sparse = words("zebra");
    let by_words = Query { sparse: Some(&sparse), ..Query::default() };
    assert_eq!(ids(&index.query(&by_words).await.unwrap()), ["tie-a", "tie-b", "tie-c"]);
    assert_eq!(ids(&index.query(&Query { limit: 2, ..by_words }).await.unwrap()), ["tie-a", "tie-b"]);
    let by_place = Query { dense: Some(&[-1.0, 0.0]), limit: 3, ..Query::default() };
    assert_eq!(ids(&index.query(&by_place).await.unwrap()), ["tie-a", "tie-b", "tie-c"]);
    assert_eq!(index.delete(&["tie-c", "tie-a", "tie-b"]).await.unwrap(), 3);
}

async fn an_upsert_replaces_and_refuses_whole(index: &dyn Index) {
    let sparse = words("giraffe");
    let tall = Query { sparse: Some(&sparse), ..Query::default() };
    assert_eq!(ids(&index.query(&tall).await.unwrap()), ["news"]);
    index.upsert(vec![record("news", EntryKind::Workflow, "weather", Some(vec![0.9, 0.1]))]).await.unwrap();
    assert_eq!(index.count(None).await.unwrap(), 3);
    assert_eq!(index.count(Some(Filter { kinds: &[EntryKind::Workflow] })).await.unwrap(), 1);
    assert!(index.query(&tall).await.unwrap().is_empty());
    let broken = vec![record("x", EntryKind::Action, "x", None), record("y", EntryKind::Action, "y", Some(vec![1.0]))];
    assert_eq!(index.upsert(broken).await, Err(IndexError::Dimension { id: "y".into(), wanted: 2, found: 1 }));
    assert_eq!(index.count(None).await.unwrap(), 3);
    // An entry without a dense vector is found by its words only.
    index.upsert(vec![record("plain", EntryKind::Action, "okapi", None)]).await.unwrap();
    let sparse = words("okapi");
    assert_eq!(ids(&index.query(&Query { sparse: Some(&sparse), ..Query::default() }).await.unwrap()), ["plain"]);
    let near = index.query(&Query { dense: Some(&[1.0, 0.0]), ..Query::default() }).await.unwrap();
    assert!(!ids(&near).contains(&"plain"));
    assert_eq!(index.delete(&["plain"]).await.unwrap(), 1);
    fill(index).await;
}

async fn rarity_is_right_after_deletes_and_maintenance(index: &dyn Index) {
    let sparse = words("read feed");
    let query = Query { sparse: Some(&sparse), ..Query::default() };
    assert_eq!(index.delete(&["file.read", "unknown"]).await.unwrap(), 1);
    let before = index.query(&query).await.unwrap();
    index.maintain().await.unwrap();
    let after = index.query(&query).await.unwrap();
    let fresh = EmbeddedIndex::new(spec(Some(2)));
    fill(&fresh).await;
    fresh.take_out(&["file.read"]);
    let wanted = fresh.find(&query).unwrap();
    for hits in [before, after] {
        assert_eq!(ids(&hits), ids(&wanted));
        assert!(hits.iter().zip(&wanted).all(|(hit, wanted)| (hit.score - wanted.score).abs() < 1e-4), "{hits:?} {wanted:?}");
    }
    fill(index).await;
}

async fn what_does_not_fit_is_refused(index: &dyn Index) {
    let wide = Query { dense: Some(&[1.0, 0.0, 0.0]), ..Query::default() };
    assert_eq!(index.query(&wide).await, Err(IndexError::Dimension { id: "query".into(), wanted: 2, found: 3 }));
    let infinite = Query { dense: Some(&[f32::INFINITY, 0.0]), ..Query::default() };
    assert_eq!(index.query(&infinite).await, Err(IndexError::NotFinite("query".into())));
    let unsorted = SparseVector { entries: vec![(2, 1.0), (1, 1.0)] };
    let refused = index.query(&Query { sparse: Some(&unsorted), ..Query::default() }).await;
    assert_eq!(refused, Err(IndexError::Unsorted("query".into())));
    assert_eq!(index.count(None).await.unwrap(), 3);
}

#[tokio::test]
async fn the_embedded_index_conforms() {
    conforms(&EmbeddedIndex::new(spec(None))).await;
}

#[tokio::test]
async fn vectors_of_another_embedder_are_refused() {
    let index = EmbeddedIndex::new(spec(Some(2)));
    fill(&index).await;
    let other = IndexSpec { fingerprint: "other".into(), dense: None };
    assert!(matches!(index.ensure(&other).await, Err(IndexError::OtherSpec { .. })));
    assert_eq!(EmbeddedIndex::new(spec(None)).ensure(&other).await, Ok(()));
}
