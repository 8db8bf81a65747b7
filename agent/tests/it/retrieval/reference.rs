//! The embedded index against one that computes every score from the definition, on made-up entries.

use proptest::prelude::*;
use sayflow_agent::retrieval::{EmbeddedIndex, EntryKind, Filter, Hit, IndexSpec, Query, Record, SparseVector};
use std::collections::BTreeMap;

const KINDS: [EntryKind; 3] = [EntryKind::Action, EntryKind::Template, EntryKind::Workflow];

/// What is done to an index.
#[derive(Debug, Clone)]
enum Change {
    Put(Record),
    Delete(String),
    Maintain,
}

fn sparse() -> impl Strategy<Value = SparseVector> {
    // Few terms and few weights, so that ties and common terms are frequent.
    proptest::collection::btree_map(0_u32..12, prop_oneof![Just(0.5_f32), Just(1.0), Just(2.0)], 0..6)
        .prop_map(|entries| SparseVector { entries: entries.into_iter().collect() })
}

fn dense() -> impl Strategy<Value = Vec<f32>> {
    proptest::collection::vec((-2_i8..=2).prop_map(f32::from), 19)
}

fn record() -> impl Strategy<Value = Record> {
    (0_u8..20, 0..KINDS.len(), sparse(), proptest::option::weighted(0.8, dense())).prop_map(|(id, kind, sparse, dense)| Record {
        id: format!("e{id}"),
        kind: KINDS[kind],
        sparse,
        dense,
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        8 => record().prop_map(Change::Put),
        3 => (0_u8..20).prop_map(|id| Change::Delete(format!("e{id}"))),
        1 => Just(Change::Maintain),
    ]
}

/// The definition, term by term and number by number.
#[derive(Default)]
struct Reference {
    entries: BTreeMap<String, Record>,
}

impl Reference {
    fn rarity(&self, term: u32) -> f64 {
        let holding = self.entries.values().filter(|entry| entry.sparse.entries.iter().any(|(known, _)| *known == term)).count() as f64;
        ((self.entries.len() as f64 - holding + 0.5) / (holding + 0.5) + 1.0).ln()
    }

    fn by_words(&self, asked: &SparseVector, kinds: &[EntryKind]) -> BTreeMap<String, f64> {
        let score = |entry: &Record| -> f64 {
            let stored: BTreeMap<u32, f32> = entry.sparse.entries.iter().copied().collect();
            let of = |(term, weight): &(u32, f32)| Some(f64::from(*weight) * self.rarity(*term) * f64::from(*stored.get(term)?));
            asked.entries.iter().filter_map(of).sum()
        };
        let found = self.entries.values().filter(|entry| kinds.contains(&entry.kind)).map(|entry| (entry.id.clone(), score(entry)));
        found.filter(|(_, score)| *score > 0.0).collect()
    }

    fn by_place(&self, asked: &[f32], kinds: &[EntryKind]) -> BTreeMap<String, f64> {
        let length = |vector: &[f32]| vector.iter().map(|n| f64::from(*n) * f64::from(*n)).sum::<f64>().sqrt();
        let cosine = |stored: &[f32]| {
            let product: f64 = asked.iter().zip(stored).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let both = length(asked) * length(stored);
            if both == 0.0 { 0.0 } else { product / both }
        };
        let taken = self.entries.values().filter(|entry| kinds.contains(&entry.kind));
        taken.filter_map(|entry| Some((entry.id.clone(), cosine(entry.dense.as_deref()?)))).collect()
    }
}

fn played(changes: &[Change]) -> (EmbeddedIndex, Reference) {
    let index = EmbeddedIndex::new(IndexSpec { fingerprint: "f".into(), dense: Some(19) });
    let mut reference = Reference::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for change in changes {
        match change {
            Change::Put(record) => {
                index.put(vec![record.clone()]).unwrap();
                reference.entries.insert(record.id.clone(), record.clone());
            }
            Change::Delete(id) => {
                assert_eq!(index.take_out(&[id]), usize::from(reference.entries.remove(id).is_some()));
            }
            Change::Maintain => runtime.block_on(sayflow_agent::retrieval::Index::maintain(&index)).unwrap(),
        }
    }
    (index, reference)
}

/// Whether hits are what the definition says, down to rounding.
fn agree(hits: &[Hit], wanted: &BTreeMap<String, f64>, limit: usize) {
    let mut scores: Vec<f64> = wanted.values().copied().collect();
    scores.sort_by(|left, right| right.total_cmp(left));
    assert_eq!(hits.len(), scores.len().min(limit));
    for (hit, score) in hits.iter().zip(scores) {
        assert!((f64::from(hit.score) - score).abs() < 1e-4, "{hit:?} where {score} belongs");
        assert!((wanted[&hit.id] - f64::from(hit.score)).abs() < 1e-4, "{hit:?} should have {}", wanted[&hit.id]);
    }
    let sorted = hits.windows(2).all(|pair| pair[0].score > pair[1].score || (pair[0].score == pair[1].score && pair[0].id < pair[1].id));
    assert!(sorted, "{hits:?}");
}

proptest! {
    #[test]
    fn every_answer_is_the_definitions(
        changes in proptest::collection::vec(change(), 1..60),
        asked in sparse(),
        place in dense(),
        kinds in proptest::sample::subsequence(KINDS.to_vec(), 0..=3),
        limit in 0_usize..25,
    ) {
        let (index, reference) = played(&changes);
        let filter = Some(Filter { kinds: &kinds });
        let hits = index.find(&Query { sparse: Some(&asked), filter, limit, ..Query::default() }).unwrap();
        agree(&hits, &reference.by_words(&asked, &kinds), limit);
        let hits = index.find(&Query { dense: Some(&place), filter, limit, ..Query::default() }).unwrap();
        agree(&hits, &reference.by_place(&place, &kinds), limit);
    }

    #[test]
    fn entries_that_come_and_go_leave_the_order_of_equal_ones_alone(
        changes in proptest::collection::vec(change(), 0..40),
        vector in sparse().prop_filter("words", |vector| !vector.entries.is_empty()),
        place in dense(),
    ) {
        let (index, _) = played(&changes);
        let twins = ["m", "z", "a", "k"].map(|id| Record {
            id: format!("twin-{id}"), kind: EntryKind::Workflow, sparse: vector.clone(), dense: Some(place.clone()),
        });
        index.put(twins.into()).unwrap();
        let order = || {
            let query = Query { sparse: Some(&vector), dense: Some(&place), limit: 50, ..Query::default() };
            let hits = index.find(&query).unwrap();
            hits.into_iter().map(|hit| hit.id).filter(|id| id.starts_with("twin-")).collect::<Vec<_>>()
        };
        assert_eq!(order(), ["twin-a", "twin-k", "twin-m", "twin-z"]);
        for change in &changes {
            match change {
                Change::Put(record) => drop(index.take_out(&[&record.id])),
                Change::Delete(id) => index.put(vec![Record { id: id.clone(), kind: EntryKind::Action, sparse: vector.clone(), dense: None }]).unwrap(),
                Change::Maintain => {}
            }
            assert_eq!(order(), ["twin-a", "twin-k", "twin-m", "twin-z"]);
        }
    }
}
