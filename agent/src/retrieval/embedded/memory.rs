//! What the embedded index holds, laid out for reading: one slot an entry, flat lists of numbers, no text on the way.

use super::super::api::{Filter, Hit, IndexError, IndexSpec, Query, Record, fuse, rarity};
use super::super::entry::EntryKind;
use super::super::sparse::SparseVector;
use super::top::Top;
use std::collections::HashMap;
use std::sync::Arc;

/// The numbers that are added up side by side, so that the compiler can use the processor's wide registers.
const LANES: usize = 16;

/// Which entries hold a term, ascending, and how heavily.
#[derive(Debug, Default)]
struct Postings {
    slots: Vec<u32>,
    weights: Vec<f32>,
}

/// The contents. Two to three KiB an entry of ordinary length, and 4 bytes a dimension.
#[derive(Debug)]
pub(super) struct Memory {
    spec: IndexSpec,
    /// The kind of each slot as one bit; 0 is a free slot.
    kinds: Vec<u8>,
    ids: Vec<Arc<str>>,
    /// The terms of each slot, to find its postings again.
    terms: Vec<Box<[u32]>>,
    by_id: HashMap<Arc<str>, u32>,
    free: Vec<u32>,
    postings: HashMap<u32, Postings>,
    /// Dense vectors of length 1, one after another by slot; zeros where a slot has none.
    dense: Vec<f32>,
    has_dense: Vec<bool>,
}

impl Memory {
    pub(super) fn new(spec: IndexSpec) -> Self {
        Self {
            spec,
            kinds: Vec::new(),
            ids: Vec::new(),
            terms: Vec::new(),
            by_id: HashMap::new(),
            free: Vec::new(),
            postings: HashMap::new(),
            dense: Vec::new(),
            has_dense: Vec::new(),
        }
    }

    pub(super) fn spec(&self) -> &IndexSpec {
        &self.spec
    }

    /// An empty index becomes one for such vectors.
    pub(super) fn ensure(&mut self, spec: &IndexSpec) -> Result<(), IndexError> {
        if self.spec == *spec {
            return Ok(());
        }
        if self.by_id.is_empty() {
            *self = Self::new(spec.clone());
            return Ok(());
        }
        Err(IndexError::OtherSpec { wanted: spec.fingerprint.clone(), found: self.spec.fingerprint.clone() })
    }

    pub(super) fn count(&self, filter: Option<Filter<'_>>) -> usize {
        let mask = mask(filter);
        self.kinds.iter().filter(|kind| **kind & mask != 0).count()
    }

    /// Puts a checked record into a free slot. Its id must not be there.
    pub(super) fn insert(&mut self, mut record: Record) {
        if let Some(dense) = &mut record.dense {
            let length = dot(dense, dense).sqrt();
            let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
            dense.iter_mut().for_each(|number| *number *= scale);
        }
        self.keep(record);
    }

    /// Takes in a record whose dense vector has length 1 (or 0).
    fn keep(&mut self, record: Record) {
        let slot = self.free.pop().unwrap_or_else(|| self.grow());
        let at = slot as usize;
        for (term, weight) in &record.sparse.entries {
            let list = self.postings.entry(*term).or_default();
            let place = if list.slots.last().is_none_or(|last| *last < slot) {
                list.slots.len()
            } else {
                list.slots.partition_point(|known| *known < slot)
            };
            list.slots.insert(place, slot);
            list.weights.insert(place, *weight);
        }
        if let (Some(dense), Some(size)) = (&record.dense, self.spec.dense) {
            self.dense[at * size..(at + 1) * size].copy_from_slice(dense);
        }
        self.has_dense[at] = record.dense.is_some();
        self.kinds[at] = bit(record.kind);
        self.terms[at] = record.sparse.entries.iter().map(|(term, _)| *term).collect();
        self.ids[at] = record.id.into();
        self.by_id.insert(Arc::clone(&self.ids[at]), slot);
    }

    pub(super) fn remove(&mut self, id: &str) -> bool {
        let Some(slot) = self.by_id.remove(id) else { return false };
        let at = slot as usize;
        for term in std::mem::take(&mut self.terms[at]) {
            let Some(list) = self.postings.get_mut(&term) else { continue };
            if let Ok(place) = list.slots.binary_search(&slot) {
                list.slots.remove(place);
                list.weights.remove(place);
            }
            if list.slots.is_empty() {
                self.postings.remove(&term);
            }
        }
        if let Some(size) = self.spec.dense {
            self.dense[at * size..(at + 1) * size].fill(0.0);
        }
        self.has_dense[at] = false;
        self.kinds[at] = 0;
        self.ids[at] = Arc::from("");
        self.free.push(slot);
        true
    }

    /// Lays the entries out afresh, without gaps.
    pub(super) fn maintain(&mut self) {
        let mut vectors: Vec<Vec<(u32, f32)>> = self.ids.iter().map(|_| Vec::new()).collect();
        for (term, list) in &self.postings {
            for (slot, weight) in list.slots.iter().zip(&list.weights) {
                vectors[*slot as usize].push((*term, *weight));
            }
        }
        let mut fresh = Self::new(self.spec.clone());
        for (at, mut entries) in vectors.into_iter().enumerate() {
            let Some(kind) = kind_of(self.kinds[at]) else { continue };
            entries.sort_unstable_by_key(|(term, _)| *term);
            let dense = self.has_dense[at].then(|| self.dense_of(at).to_vec());
            fresh.keep(Record { id: self.ids[at].to_string(), kind, sparse: SparseVector { entries }, dense });
        }
        fresh.postings.values_mut().for_each(|list| {
            list.slots.shrink_to_fit();
            list.weights.shrink_to_fit();
        });
        *self = fresh;
    }

    pub(super) fn find(&self, query: &Query<'_>) -> Vec<Hit> {
        let mask = mask(query.filter);
        let mut rankings = Vec::new();
        let alone = query.sparse.is_none() || query.dense.is_none();
        let depth = if alone { query.limit } else { query.depth() };
        if let Some(sparse) = query.sparse {
            rankings.push(self.rank_sparse(sparse, mask, depth));
        }
        if let Some(dense) = query.dense {
            rankings.push(self.rank_dense(dense, mask, depth));
        }
        let mut hits = if rankings.len() == 1 { rankings.remove(0) } else { fuse(&rankings, query.rrf_k) };
        hits.truncate(query.limit);
        hits
    }

    /// The most that a sparse query could score.
    pub(super) fn ceiling(&self, sparse: &SparseVector, heaviest: f32) -> f32 {
        sparse.entries.iter().map(|(term, weight)| weight * self.rarity(*term) * heaviest).sum()
    }

    /// What a sparse query scores for one entry; 0 when it is not there.
    pub(super) fn score(&self, sparse: &SparseVector, id: &str) -> f32 {
        let Some(slot) = self.by_id.get(id) else { return 0.0 };
        let of_term = |(term, asked): &(u32, f32)| {
            let list = self.postings.get(term)?;
            let place = list.slots.binary_search(slot).ok()?;
            Some(asked * rarity(self.by_id.len(), list.slots.len()) * list.weights[place])
        };
        sparse.entries.iter().filter_map(of_term).sum()
    }

    fn rarity(&self, term: u32) -> f32 {
        rarity(self.by_id.len(), self.postings.get(&term).map_or(0, |list| list.slots.len()))
    }

    fn rank_sparse(&self, sparse: &SparseVector, mask: u8, depth: usize) -> Vec<Hit> {
        let mut scores = vec![0.0_f32; self.kinds.len()];
        for (term, asked) in &sparse.entries {
            let Some(list) = self.postings.get(term) else { continue };
            let weight = asked * rarity(self.by_id.len(), list.slots.len());
            for (slot, stored) in list.slots.iter().zip(&list.weights) {
                scores[*slot as usize] += weight * stored;
            }
        }
        let mut top = Top::new(depth);
        for (at, (score, kind)) in scores.iter().zip(&self.kinds).enumerate() {
            // Weights are above zero, and so is the score of every entry that holds a term.
            if *score > 0.0 && kind & mask != 0 && top.matters(*score) {
                top.offer(*score, &self.ids[at], at as u32);
            }
        }
        self.hits(top)
    }

    fn rank_dense(&self, dense: &[f32], mask: u8, depth: usize) -> Vec<Hit> {
        let length = dot(dense, dense).sqrt();
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        let mut top = Top::new(depth);
        for (at, kind) in self.kinds.iter().enumerate() {
            if kind & mask == 0 || !self.has_dense[at] {
                continue;
            }
            let score = dot(dense, self.dense_of(at)) * scale;
            if top.matters(score) {
                top.offer(score, &self.ids[at], at as u32);
            }
        }
        self.hits(top)
    }

    fn hits(&self, top: Top<'_>) -> Vec<Hit> {
        let hit = |(slot, score): (u32, f32)| {
            let at = slot as usize;
            Some(Hit { id: self.ids[at].to_string(), kind: kind_of(self.kinds[at])?, score })
        };
        top.into_sorted().into_iter().filter_map(hit).collect()
    }

    fn dense_of(&self, at: usize) -> &[f32] {
        let size = self.spec.dense.unwrap_or(0);
        &self.dense[at * size..(at + 1) * size]
    }

    fn grow(&mut self) -> u32 {
        let slot = self.kinds.len() as u32;
        self.kinds.push(0);
        self.ids.push(Arc::from(""));
        self.terms.push(Box::default());
        self.has_dense.push(false);
        self.dense.resize(self.dense.len() + self.spec.dense.unwrap_or(0), 0.0);
        slot
    }
}

fn bit(kind: EntryKind) -> u8 {
    match kind {
        EntryKind::Action => 1,
        EntryKind::Template => 2,
        EntryKind::Workflow => 4,
    }
}

fn kind_of(bit: u8) -> Option<EntryKind> {
    match bit {
        1 => Some(EntryKind::Action),
        2 => Some(EntryKind::Template),
        4 => Some(EntryKind::Workflow),
        _ => None,
    }
}

fn mask(filter: Option<Filter<'_>>) -> u8 {
    filter.map_or(u8::MAX, |filter| filter.kinds.iter().fold(0, |mask, kind| mask | bit(*kind)))
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (mut lefts, mut rights) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    for (a, b) in lefts.by_ref().zip(rights.by_ref()) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = lefts.remainder().iter().zip(rights.remainder()).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}
