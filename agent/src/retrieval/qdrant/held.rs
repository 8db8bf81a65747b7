//! What a collection holds, as far as weights and changes need it.

use super::super::api::{Record, rarity};
use super::super::sparse::SparseVector;
use super::points::digest;
use std::collections::HashMap;

#[derive(Debug)]
struct Entry {
    digest: String,
    terms: Box<[u32]>,
}

/// The entries by id, and how many of them hold each term.
#[derive(Debug, Default)]
pub(super) struct Held {
    entries: HashMap<String, Entry>,
    holding: HashMap<u32, usize>,
}

impl Held {
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Whether exactly this record is there.
    pub(super) fn has(&self, record: &Record) -> bool {
        self.entries.get(&record.id).is_some_and(|entry| entry.digest == digest(record))
    }

    pub(super) fn put_record(&mut self, record: &Record) {
        let terms = record.sparse.entries.iter().map(|(term, _)| *term).collect();
        self.put(record.id.clone(), digest(record), terms);
    }

    pub(super) fn put(&mut self, id: String, digest: String, terms: Box<[u32]>) {
        self.take(&id);
        terms.iter().for_each(|term| *self.holding.entry(*term).or_default() += 1);
        self.entries.insert(id, Entry { digest, terms });
    }

    /// Says whether it was there.
    pub(super) fn take(&mut self, id: &str) -> bool {
        let Some(entry) = self.entries.remove(id) else { return false };
        for term in entry.terms {
            if let Some(count) = self.holding.get_mut(&term) {
                *count -= 1;
                if *count == 0 {
                    self.holding.remove(&term);
                }
            }
        }
        true
    }

    /// A query's terms with their rarity; terms that no entry has are left out.
    pub(super) fn weighted(&self, sparse: &SparseVector) -> Vec<(u32, f32)> {
        let weigh = |(term, weight): &(u32, f32)| Some((*term, weight * rarity(self.entries.len(), *self.holding.get(term)?)));
        sparse.entries.iter().filter_map(weigh).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rarity_follows_what_comes_and_goes() {
        let mut held = Held::default();
        let asked = SparseVector { entries: vec![(1, 1.0), (2, 1.0), (9, 1.0)] };
        held.put("a".into(), String::new(), [1, 2].into());
        held.put("b".into(), String::new(), [1].into());
        assert_eq!(held.weighted(&asked), [(1, rarity(2, 2)), (2, rarity(2, 1))]);
        held.put("a".into(), String::new(), [1].into());
        assert_eq!(held.weighted(&asked), [(1, rarity(2, 2))]);
        assert!(held.take("b") && !held.take("b"));
        assert_eq!(held.weighted(&asked), [(1, rarity(1, 1))]);
    }
}
