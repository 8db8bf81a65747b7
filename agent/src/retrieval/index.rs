//! The embedded index: exact, in memory, rebuilt at start. Sparse vectors live in postings whose rarity weights are
//! computed at query time, so that they are right after every change; dense vectors are compared by cosine.

use super::embedder::SparseVector;
use super::entry::EntryKind;
use super::query::{Filter, Hit, Query, by_score_then_id, fuse};
use std::collections::HashMap;

/// What all records of an index have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexSpec {
    /// The fingerprint of the embedders that make its vectors.
    pub fingerprint: String,
    /// The dimension of dense vectors; none when there are no dense vectors.
    pub dense: Option<usize>,
}

/// One entry with its vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Unique in the index.
    pub id: String,
    /// What it is: the payload that a filter looks at.
    pub kind: EntryKind,
    /// Its sparse vector.
    pub sparse: SparseVector,
    /// Its dense vector, where the index has them.
    pub dense: Option<Vec<f32>>,
}

/// Why an index refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// It holds vectors of another kind.
    #[error("the index holds vectors of \"{found}\", not of \"{wanted}\"; rebuild it")]
    OtherSpec {
        /// The spec asked for.
        wanted: String,
        /// The spec it has.
        found: String,
    },
    /// A dense vector is of another length.
    #[error("the dense vector of \"{id}\" has {found} dimensions where the index has {wanted}")]
    Dimension {
        /// The record, or `query`.
        id: String,
        /// What the index has.
        wanted: usize,
        /// What came.
        found: usize,
    },
    /// A vector holds a number that is not finite.
    #[error("a vector of \"{0}\" holds a number that is not finite")]
    NotFinite(String),
}

/// The index. Memory only: about 1 KiB an entry.
#[derive(Debug)]
pub struct Index {
    spec: IndexSpec,
    slots: Vec<Option<Record>>,
    free: Vec<usize>,
    by_id: HashMap<String, usize>,
    postings: HashMap<u32, Vec<(usize, f32)>>,
}

impl Index {
    /// An empty one.
    pub fn new(spec: IndexSpec) -> Self {
        Self { spec, slots: Vec::new(), free: Vec::new(), by_id: HashMap::new(), postings: HashMap::new() }
    }

    /// Makes sure that the index is one for such vectors; an empty index becomes one.
    ///
    /// # Errors
    /// When it holds vectors of another spec.
    pub fn ensure(&mut self, spec: &IndexSpec) -> Result<(), IndexError> {
        if self.spec == *spec {
            return Ok(());
        }
        if self.by_id.is_empty() {
            self.spec = spec.clone();
            return Ok(());
        }
        Err(IndexError::OtherSpec { wanted: spec.fingerprint.clone(), found: self.spec.fingerprint.clone() })
    }

    /// Puts records in, in place of those with the same ids. All or none.
    ///
    /// # Errors
    /// When a vector does not fit; nothing was changed then.
    pub fn upsert(&mut self, records: Vec<Record>) -> Result<(), IndexError> {
        for record in &records {
            self.check_dense(&record.id, record.dense.as_deref())?;
            check_finite(&record.id, record.sparse.entries.iter().map(|(_, weight)| *weight))?;
        }
        for record in records {
            self.remove(&record.id);
            self.insert(record);
        }
        Ok(())
    }

    /// Takes records out; ids that are not there are passed over. Says how many were.
    pub fn delete(&mut self, ids: &[&str]) -> usize {
        ids.iter().filter(|id| self.remove(id)).count()
    }

    /// The best entries, best first, equal scores by id.
    ///
    /// # Errors
    /// When a vector does not fit.
    pub fn query(&self, query: &Query<'_>) -> Result<Vec<Hit>, IndexError> {
        self.check_dense("query", query.dense)?;
        let depth = query.prefetch.max(query.limit);
        let mut rankings = Vec::new();
        if let Some(sparse) = query.sparse {
            check_finite("query", sparse.entries.iter().map(|(_, weight)| *weight))?;
            rankings.push(self.rank_sparse(sparse, query.filter, depth));
        }
        if let Some(dense) = query.dense {
            rankings.push(self.rank_dense(dense, query.filter, depth));
        }
        let mut hits = if rankings.len() == 1 { rankings.remove(0) } else { fuse(&rankings, query.rrf_k) };
        hits.truncate(query.limit);
        Ok(hits)
    }

    /// The most that a sparse query could score: every term found in an entry, at the weight `heaviest`. Terms that
    /// no entry has count as the rarest, so that `score / ceiling` says how much of the query an entry covers.
    pub fn ceiling(&self, sparse: &SparseVector, heaviest: f32) -> f32 {
        sparse.entries.iter().map(|(term, weight)| weight * self.rarity(*term) * heaviest).sum()
    }

    /// How many entries there are.
    pub fn count(&self, filter: Option<Filter<'_>>) -> usize {
        self.slots.iter().flatten().filter(|record| filter.is_none_or(|filter| filter.takes(record.kind))).count()
    }

    /// Gives back the room of deleted entries. Answers are the same before and after.
    pub fn maintain(&mut self) {
        let records: Vec<Record> = std::mem::take(&mut self.slots).into_iter().flatten().collect();
        *self = Self::new(self.spec.clone());
        for record in records {
            self.insert(record);
        }
    }

    fn insert(&mut self, record: Record) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        for (term, weight) in &record.sparse.entries {
            self.postings.entry(*term).or_default().push((slot, *weight));
        }
        self.by_id.insert(record.id.clone(), slot);
        self.slots[slot] = Some(record);
    }

    fn remove(&mut self, id: &str) -> bool {
        let Some(slot) = self.by_id.remove(id) else { return false };
        let Some(record) = self.slots[slot].take() else { return false };
        for (term, _) in &record.sparse.entries {
            if let Some(list) = self.postings.get_mut(term) {
                list.retain(|(holder, _)| *holder != slot);
                if list.is_empty() {
                    self.postings.remove(term);
                }
            }
        }
        self.free.push(slot);
        true
    }

    /// BM25's inverse document frequency over the entries as they are now.
    fn rarity(&self, term: u32) -> f32 {
        let total = self.by_id.len() as f32;
        let holding = self.postings.get(&term).map_or(0, Vec::len) as f32;
        ((total - holding + 0.5) / (holding + 0.5) + 1.0).ln()
    }

    fn rank_sparse(&self, sparse: &SparseVector, filter: Option<Filter<'_>>, depth: usize) -> Vec<Hit> {
        let mut scores: HashMap<usize, f32> = HashMap::new();
        for (term, asked) in &sparse.entries {
            let Some(list) = self.postings.get(term) else { continue };
            let weight = asked * self.rarity(*term);
            for (slot, stored) in list {
                *scores.entry(*slot).or_default() += weight * stored;
            }
        }
        self.hits(scores.into_iter(), filter, depth)
    }

    fn rank_dense(&self, dense: &[f32], filter: Option<Filter<'_>>, depth: usize) -> Vec<Hit> {
        let scores =
            self.slots.iter().enumerate().filter_map(|(slot, record)| Some((slot, cosine(dense, record.as_ref()?.dense.as_deref()?))));
        self.hits(scores, filter, depth)
    }

    fn hits(&self, scores: impl Iterator<Item = (usize, f32)>, filter: Option<Filter<'_>>, depth: usize) -> Vec<Hit> {
        let mut hits: Vec<Hit> = scores
            .filter_map(|(slot, score)| {
                let record = self.slots[slot].as_ref()?;
                let taken = filter.is_none_or(|filter| filter.takes(record.kind));
                taken.then(|| Hit { id: record.id.clone(), kind: record.kind, score })
            })
            .collect();
        hits.sort_by(by_score_then_id);
        hits.truncate(depth);
        hits
    }

    fn check_dense(&self, id: &str, dense: Option<&[f32]>) -> Result<(), IndexError> {
        let Some(dense) = dense else { return Ok(()) };
        let wanted = self.spec.dense.unwrap_or(0);
        if dense.len() != wanted {
            return Err(IndexError::Dimension { id: id.to_owned(), wanted, found: dense.len() });
        }
        check_finite(id, dense.iter().copied())
    }
}

fn check_finite(id: &str, mut numbers: impl Iterator<Item = f32>) -> Result<(), IndexError> {
    if numbers.all(f32::is_finite) { Ok(()) } else { Err(IndexError::NotFinite(id.to_owned())) }
}

fn cosine(left: &[f32], right: &[f32]) -> f32 {
    let dot: f32 = left.iter().zip(right).map(|(a, b)| a * b).sum();
    let norm = |vector: &[f32]| vector.iter().map(|a| a * a).sum::<f32>().sqrt();
    let length = norm(left) * norm(right);
    if length == 0.0 { 0.0 } else { dot / length }
}

#[cfg(test)]
mod tests {
    use super::super::embedder::{EmbedKind, SparseEmbedder};
    use super::*;

    fn spec(dense: Option<usize>) -> IndexSpec {
        IndexSpec { fingerprint: SparseEmbedder.fingerprint().to_owned(), dense }
    }

    fn record(id: &str, kind: EntryKind, text: &str, dense: Option<Vec<f32>>) -> Record {
        Record { id: id.to_owned(), kind, sparse: SparseEmbedder.embed_one(EmbedKind::Document, text), dense }
    }

    fn filled() -> Index {
        let mut index = Index::new(spec(Some(2)));
        index
            .upsert(vec![
                record("feed.read", EntryKind::Action, "read an RSS feed", Some(vec![1.0, 0.0])),
                record("file.read", EntryKind::Action, "read a file", Some(vec![0.0, 1.0])),
                record("news", EntryKind::Template, "post feed stories to chat", Some(vec![0.9, 0.1])),
            ])
            .unwrap();
        index
    }

    fn ids(hits: &[Hit]) -> Vec<&str> {
        hits.iter().map(|hit| hit.id.as_str()).collect()
    }

    #[test]
    fn a_rare_word_weighs_more_than_a_common_one() {
        let sparse = SparseEmbedder.embed_one(EmbedKind::Query, "read rss");
        let hits = filled().query(&Query { sparse: Some(&sparse), ..Query::default() }).unwrap();
        assert_eq!(ids(&hits)[0], "feed.read");
    }

    #[test]
    fn a_filter_keeps_other_kinds_out() {
        let sparse = SparseEmbedder.embed_one(EmbedKind::Query, "feed");
        let filter = Some(Filter { kinds: &[EntryKind::Template] });
        let hits = filled().query(&Query { sparse: Some(&sparse), filter, ..Query::default() }).unwrap();
        assert_eq!(ids(&hits), ["news"]);
    }

    #[test]
    fn both_vectors_are_fused_by_rank() {
        let sparse = SparseEmbedder.embed_one(EmbedKind::Query, "file");
        let hits = filled().query(&Query { sparse: Some(&sparse), dense: Some(&[1.0, 0.0]), ..Query::default() }).unwrap();
        assert_eq!(ids(&hits), ["file.read", "feed.read", "news"]);
        assert!((hits[0].score - (1.0 / 61.0 + 1.0 / 63.0)).abs() < 1e-6);
    }

    #[test]
    fn equal_scores_are_sorted_by_id() {
        let mut index = Index::new(spec(None));
        index.upsert(["c", "a", "b"].map(|id| record(id, EntryKind::Action, "same words", None)).into()).unwrap();
        let sparse = SparseEmbedder.embed_one(EmbedKind::Query, "words");
        assert_eq!(ids(&index.query(&Query { sparse: Some(&sparse), ..Query::default() }).unwrap()), ["a", "b", "c"]);
    }

    #[test]
    fn rarity_is_right_after_deletes_and_maintenance() {
        let sparse = SparseEmbedder.embed_one(EmbedKind::Query, "read feed");
        let query = Query { sparse: Some(&sparse), ..Query::default() };
        let mut changed = filled();
        assert_eq!(changed.delete(&["file.read", "unknown"]), 1);
        let before = changed.query(&query).unwrap();
        changed.maintain();
        assert_eq!(changed.query(&query).unwrap(), before);
        let mut fresh = Index::new(spec(Some(2)));
        fresh
            .upsert(vec![
                record("feed.read", EntryKind::Action, "read an RSS feed", None),
                record("news", EntryKind::Template, "post feed stories to chat", None),
            ])
            .unwrap();
        assert_eq!(fresh.query(&query).unwrap(), before);
    }

    #[test]
    fn an_upsert_replaces_and_refuses_whole() {
        let mut index = filled();
        index.upsert(vec![record("news", EntryKind::Workflow, "weather", None)]).unwrap();
        assert_eq!(index.count(None), 3);
        assert_eq!(index.count(Some(Filter { kinds: &[EntryKind::Workflow] })), 1);
        let broken = vec![record("x", EntryKind::Action, "x", None), record("y", EntryKind::Action, "y", Some(vec![1.0]))];
        assert_eq!(index.upsert(broken), Err(IndexError::Dimension { id: "y".into(), wanted: 2, found: 1 }));
        let infinite = vec![record("z", EntryKind::Action, "z", Some(vec![f32::NAN, 0.0]))];
        assert_eq!(index.upsert(infinite), Err(IndexError::NotFinite("z".into())));
        assert_eq!(index.count(None), 3);
    }

    #[test]
    fn vectors_of_another_embedder_are_refused() {
        let other = IndexSpec { fingerprint: "other".into(), dense: None };
        assert!(filled().ensure(&other).is_err());
        assert_eq!(Index::new(spec(None)).ensure(&other), Ok(()));
    }
}
