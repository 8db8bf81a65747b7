//! What is asked of the index and what comes back.

use super::embedder::SparseVector;
use super::entry::EntryKind;
use std::cmp::Ordering;
use std::collections::HashMap;

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

/// Which entries may be found.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    /// Of these kinds.
    pub kinds: &'a [EntryKind],
}

impl Filter<'_> {
    pub(super) fn takes(&self, kind: EntryKind) -> bool {
        self.kinds.contains(&kind)
    }
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
}
