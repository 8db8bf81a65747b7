//! The embedder that needs no network: one sparse vector of word stems and character 4-grams.
//!
//! A document's weights follow BM25's saturation with a fixed average length, so that a vector depends on its own
//! text alone; the rarity of terms is the index's part, at query time.

use super::terms::terms;
use std::collections::BTreeMap;

/// Saturation of repeated terms (BM25's k1).
const SATURATION: f32 = 1.2;
/// How much a long document is held back (BM25's b).
const LENGTH_PENALTY: f32 = 0.5;
/// The number of stems in a document of ordinary length.
const USUAL_LENGTH: f32 = 60.0;
/// What a 4-gram counts against a stem: each word has one stem and several grams.
const GRAM_WEIGHT: f32 = 0.2;

/// Which side of the search a text is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmbedKind {
    /// What is asked.
    Query,
    /// What is stored.
    Document,
}

/// Weights by term, sorted by term.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SparseVector {
    /// `(term, weight)`: terms are 32-bit hashes, each once, ascending; weights are finite and above zero.
    pub entries: Vec<(u32, f32)>,
}

/// Turns texts into sparse vectors. It has no state: equal texts give equal vectors everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct SparseEmbedder;

impl SparseEmbedder {
    /// Names the way of embedding; vectors with different fingerprints must not meet in one index.
    pub fn fingerprint(&self) -> &'static str {
        "stems+4grams/en/1"
    }

    /// What no weight of a document's vector exceeds.
    pub fn heaviest(&self) -> f32 {
        SATURATION + 1.0
    }

    /// One vector for each text, in order.
    pub fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Vec<SparseVector> {
        texts.iter().map(|text| self.embed_one(kind, text)).collect()
    }

    /// The vector of one text.
    pub fn embed_one(&self, kind: EmbedKind, text: &str) -> SparseVector {
        let found = terms(text);
        let length = 1.0 - LENGTH_PENALTY + LENGTH_PENALTY * found.stems.len() as f32 / USUAL_LENGTH;
        let mut weights: BTreeMap<u32, f32> = BTreeMap::new();
        for (prefix, list, scale) in [(b'w', &found.stems, 1.0), (b'g', &found.grams, GRAM_WEIGHT)] {
            for (term, count) in counted(prefix, list) {
                let weight = match kind {
                    EmbedKind::Query => scale,
                    EmbedKind::Document => count * (SATURATION + 1.0) / (count + SATURATION * length),
                };
                // Two terms with one hash add up: rarer than one pair in four billion, and harmless.
                *weights.entry(term).or_default() += weight;
            }
        }
        SparseVector { entries: weights.into_iter().collect() }
    }
}

fn counted(prefix: u8, list: &[String]) -> BTreeMap<u32, f32> {
    let mut counts = BTreeMap::new();
    for term in list {
        *counts.entry(hash(prefix, term)).or_default() += 1.0;
    }
    counts
}

/// FNV-1a in 32 bits: stable across machines and releases, unlike the standard hasher.
fn hash(prefix: u8, term: &str) -> u32 {
    std::iter::once(prefix).chain(term.bytes()).fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_sorted_and_has_each_term_once() {
        let vector = SparseEmbedder.embed_one(EmbedKind::Document, "filter the list, filter the rows");
        assert!(vector.entries.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(vector.entries.iter().all(|(_, weight)| weight.is_finite() && *weight > 0.0));
    }

    #[test]
    fn a_repeated_word_counts_less_than_twice() {
        let once = SparseEmbedder.embed_one(EmbedKind::Document, "abc").entries;
        let twice = SparseEmbedder.embed_one(EmbedKind::Document, "abc abc").entries;
        for ((_, one), (_, two)) in once.iter().zip(&twice) {
            assert!(two > one && *two < 2.0 * one);
        }
    }

    #[test]
    fn an_empty_text_has_no_terms() {
        assert!(SparseEmbedder.embed_one(EmbedKind::Query, " the of ").entries.is_empty());
    }
}
