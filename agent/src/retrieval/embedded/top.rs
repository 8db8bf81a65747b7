//! The best few of many scores, without sorting the rest.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A score with the name that decides between equal ones.
#[derive(Debug)]
struct Candidate<'a> {
    score: f32,
    id: &'a str,
    slot: u32,
}

impl Ord for Candidate<'_> {
    /// The worse one is the greater one, so that the heap's top is the next to go.
    fn cmp(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then_with(|| self.id.cmp(other.id))
    }
}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate<'_> {}

/// Keeps the best few.
#[derive(Debug)]
pub(super) struct Top<'a> {
    room: usize,
    kept: BinaryHeap<Candidate<'a>>,
    /// What a score must reach to matter.
    bar: f32,
}

impl<'a> Top<'a> {
    /// With room for so many.
    pub(super) fn new(room: usize) -> Self {
        let bar = if room == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self { room, kept: BinaryHeap::new(), bar }
    }

    /// Whether a score is worth looking up its name for.
    pub(super) fn matters(&self, score: f32) -> bool {
        score >= self.bar
    }

    /// Offers an entry.
    pub(super) fn offer(&mut self, score: f32, id: &'a str, slot: u32) {
        self.kept.push(Candidate { score, id, slot });
        if self.kept.len() > self.room {
            self.kept.pop();
        }
        if self.kept.len() == self.room {
            self.bar = self.kept.peek().map_or(f32::INFINITY, |worst| worst.score);
        }
    }

    /// `(slot, score)`, best first, equal scores by name.
    pub(super) fn into_sorted(self) -> Vec<(u32, f32)> {
        self.kept.into_sorted_vec().into_iter().map(|candidate| (candidate.slot, candidate.score)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_kept_and_equal_ones_by_name() {
        let mut top = Top::new(3);
        for (slot, (score, id)) in [(1.0, "e"), (2.0, "d"), (2.0, "b"), (2.0, "c"), (0.5, "a")].into_iter().enumerate() {
            if top.matters(score) {
                top.offer(score, id, slot as u32);
            }
        }
        assert_eq!(top.into_sorted(), [(2, 2.0), (3, 2.0), (1, 2.0)]);
        assert!(!Top::new(0).matters(9.0));
    }
}
