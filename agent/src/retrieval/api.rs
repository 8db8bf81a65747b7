//! The one shape of an index, whatever stores it: what goes in, what is asked, what comes back.

use super::entry::EntryKind;
use super::sparse::SparseVector;
use async_trait::async_trait;
use std::cmp::Ordering;
use std::collections::HashMap;

/// The longest id of a record, in bytes.
const LONGEST_ID: usize = 512;
/// The most numbers in a dense vector.
pub const MOST_DIMENSIONS: usize = 16_384;

/// A store of vectors. Equal contents answer equal queries alike, whichever store holds them: rarity is judged over all
/// records as they are at the time of the query, dense vectors are compared exactly, and equal scores are sorted by id.
#[async_trait]
pub trait Index: Send + Sync {
    /// Makes sure that it is an index for such vectors. To be called first, and again after a failure.
    ///
    /// # Errors
    /// When it holds vectors of another spec, or the store cannot be reached.
    async fn ensure(&self, spec: &IndexSpec) -> Result<(), IndexError>;

    /// Puts records in, in place of those with the same ids. Nothing is changed when a vector does not fit.
    ///
    /// # Errors
    /// When a record is refused, or the store cannot be reached.
    async fn upsert(&self, records: Vec<Record>) -> Result<(), IndexError>;

    /// Takes records out; ids that are not there are passed over. Says how many were.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn delete(&self, ids: &[&str]) -> Result<usize, IndexError>;

    /// The best entries, best first, equal scores by id.
    ///
    /// # Errors
    /// When a vector does not fit, or the store cannot be reached.
    async fn query(&self, query: &Query<'_>) -> Result<Vec<Hit>, IndexError>;

    /// How many entries there are.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn count(&self, filter: Option<Filter<'_>>) -> Result<usize, IndexError>;

    /// Gives back room that is no longer needed. Answers are the same before and after.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn maintain(&self) -> Result<(), IndexError>;
}

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
    /// Unique in the index; 1 to 512 bytes.
    pub id: String,
    /// What it is: the payload that a filter looks at.
    pub kind: EntryKind,
    /// Its sparse vector.
    pub sparse: SparseVector,
    /// Its dense vector, where the index has them.
    pub dense: Option<Vec<f32>>,
}

/// A search. With both vectors the rankings are fused by reciprocal rank; with one, its own score stands.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// A dense vector of the index's dimension.
    pub dense: Option<&'a [f32]>,
    /// A sparse vector of the index's embedder.
    pub sparse: Option<&'a SparseVector>,
    /// Which entries may be found; all when left out.
    pub filter: Option<Filter<'a>>,
    /// The most hits.
    pub limit: usize,
    /// How many of each ranking enter the fusion.
    pub prefetch: usize,
    /// The constant of reciprocal-rank fusion: an entry at rank r (from 1) of a ranking adds 1 / (k + r).
    pub rrf_k: u32,
}

impl Default for Query<'_> {
    fn default() -> Self {
        Self { dense: None, sparse: None, filter: None, limit: 10, prefetch: 50, rrf_k: 60 }
    }
}

impl Query<'_> {
    /// How many of each ranking are needed.
    pub(super) fn depth(&self) -> usize {
        self.prefetch.max(self.limit)
    }
}

/// Which entries may be found.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    /// Of these kinds.
    pub kinds: &'a [EntryKind],
}

/// An entry that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The entry's id.
    pub id: String,
    /// What it is.
    pub kind: EntryKind,
    /// Higher is better; comparable within one search only.
    pub score: f32,
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
    /// A vector holds a number that is not finite, or a sparse weight that is not above zero.
    #[error("a vector of \"{0}\" holds a number that is not finite, or a sparse weight that is not above zero")]
    NotFinite(String),
    /// The terms of a sparse vector are not ascending.
    #[error("the sparse vector of \"{0}\" does not have each term once, in ascending order")]
    Unsorted(String),
    /// A record's id is empty or too long.
    #[error("\"{0}\" is no id of a record; it must have 1 to 512 bytes")]
    Name(String),
    /// The index was used before `ensure`.
    #[error("the index has not been prepared; call ensure first")]
    NotPrepared,
    /// The store cannot be reached, or refuses.
    #[error("the vector store at {place} does not do it: {why}")]
    Store {
        /// Where it is, without secrets.
        place: String,
        /// What it said.
        why: String,
    },
}

impl IndexSpec {
    /// Whether a store may see the records at all: checked before the first one is written.
    pub(super) fn check(&self, records: &[Record]) -> Result<(), IndexError> {
        for record in records {
            if record.id.is_empty() || record.id.len() > LONGEST_ID {
                return Err(IndexError::Name(record.id.clone()));
            }
            self.check_dense(&record.id, record.dense.as_deref())?;
            check_sparse(&record.id, &record.sparse)?;
        }
        Ok(())
    }

    /// Whether a query fits the index.
    pub(super) fn check_query(&self, query: &Query<'_>) -> Result<(), IndexError> {
        self.check_dense("query", query.dense)?;
        query.sparse.map_or(Ok(()), |sparse| check_sparse("query", sparse))
    }

    fn check_dense(&self, id: &str, dense: Option<&[f32]>) -> Result<(), IndexError> {
        let Some(dense) = dense else { return Ok(()) };
        let wanted = self.dense.unwrap_or(0);
        if dense.len() != wanted {
            return Err(IndexError::Dimension { id: id.to_owned(), wanted, found: dense.len() });
        }
        if dense.iter().all(|number| number.is_finite()) { Ok(()) } else { Err(IndexError::NotFinite(id.to_owned())) }
    }
}

fn check_sparse(id: &str, sparse: &SparseVector) -> Result<(), IndexError> {
    if !sparse.entries.iter().all(|(_, weight)| weight.is_finite() && *weight > 0.0) {
        return Err(IndexError::NotFinite(id.to_owned()));
    }
    if !sparse.entries.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        return Err(IndexError::Unsorted(id.to_owned()));
    }
    Ok(())
}

/// BM25's inverse document frequency: above zero, however many entries hold the term.
pub(super) fn rarity(entries: usize, holding: usize) -> f32 {
    let (entries, holding) = (entries as f32, holding as f32);
    ((entries - holding + 0.5) / (holding + 0.5) + 1.0).ln()
}

/// Best first; equal scores by id, so that the order never depends on the way of storing.
pub(super) fn by_score_then_id(left: &Hit, right: &Hit) -> Ordering {
    right.score.total_cmp(&left.score).then_with(|| left.id.cmp(&right.id))
}

/// Reciprocal-rank fusion of sorted rankings (Cormack, Clarke and Büttcher, 2009).
pub(super) fn fuse(rankings: &[Vec<Hit>], k: u32) -> Vec<Hit> {
    let mut fused: HashMap<&str, Hit> = HashMap::new();
    for ranking in rankings {
        for (rank, hit) in ranking.iter().enumerate() {
            let share = 1.0 / (k as f32 + rank as f32 + 1.0);
            fused.entry(&hit.id).or_insert_with(|| Hit { score: 0.0, ..hit.clone() }).score += share;
        }
    }
    let mut hits: Vec<Hit> = fused.into_values().collect();
    hits.sort_by(by_score_then_id);
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(ids: &[&str]) -> Vec<Hit> {
        ids.iter().map(|id| Hit { id: (*id).to_owned(), kind: EntryKind::Action, score: 1.0 }).collect()
    }

    #[test]
    fn fusion_prefers_what_both_rankings_like() {
        let ids: Vec<String> = fuse(&[ranking(&["a", "b", "c"]), ranking(&["d", "b", "e"])], 60).into_iter().map(|hit| hit.id).collect();
        assert_eq!(ids, ["b", "a", "d", "c", "e"]);
    }

    #[test]
    fn a_store_never_sees_what_does_not_fit() {
        let spec = IndexSpec { fingerprint: "f".into(), dense: Some(2) };
        let fitting = Record {
            id: "a".into(),
            kind: EntryKind::Action,
            sparse: SparseVector { entries: vec![(1, 1.0), (2, 0.5)] },
            dense: Some(vec![0.0, 1.0]),
        };
        assert_eq!(spec.check(std::slice::from_ref(&fitting)), Ok(()));
        let refused = |change: &dyn Fn(&mut Record)| {
            let mut record = fitting.clone();
            change(&mut record);
            spec.check(&[fitting.clone(), record]).unwrap_err()
        };
        assert_eq!(refused(&|record| record.id.clear()), IndexError::Name(String::new()));
        assert!(matches!(refused(&|record| record.id = "x".repeat(513)), IndexError::Name(_)));
        assert_eq!(refused(&|record| record.dense = Some(vec![1.0])), IndexError::Dimension { id: "a".into(), wanted: 2, found: 1 });
        assert_eq!(refused(&|record| record.dense = Some(vec![f32::NAN, 0.0])), IndexError::NotFinite("a".into()));
        assert_eq!(refused(&|record| record.sparse.entries[0].1 = 0.0), IndexError::NotFinite("a".into()));
        assert_eq!(refused(&|record| record.sparse.entries.reverse()), IndexError::Unsorted("a".into()));
    }

    #[test]
    fn rarity_is_above_zero_even_for_a_term_that_all_have() {
        assert!(rarity(10, 10) > 0.0 && rarity(10, 1) > rarity(10, 2));
    }
}
