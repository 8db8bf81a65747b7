//! The embedder that needs no network: one sparse vector of word stems, character 4-grams and concepts.
//!
//! A document's weights follow BM25's saturation with a fixed average length, so that a vector depends on its own
//! text alone; the rarity of terms is the index's part, at query time. Words of a document count by the field that
//! they stand in (BM25F).

use super::terms::{Terms, terms};
use std::collections::BTreeMap;

/// Saturation of repeated terms (BM25's k1).
const SATURATION: f32 = 1.2;
/// How much a long document is held back (BM25's b).
const LENGTH_PENALTY: f32 = 0.5;
/// The number of stems in a document of ordinary length.
const USUAL_LENGTH: f32 = 60.0;
/// What a 4-gram counts against a stem: each word has one stem and several grams.
const GRAM_WEIGHT: f32 = 0.2;
/// What a concept counts against a stem: the person's own word is the better evidence.
const CONCEPT_WEIGHT: f32 = 0.5;

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

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its words.
    pub text: String,
    /// How often a word that stands there counts.
    pub weight: f32,
}

/// Turns texts into sparse vectors. It has no state: equal texts give equal vectors everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct SparseEmbedder;

impl SparseEmbedder {
    /// Names the way of embedding; vectors with different fingerprints must not meet in one index.
    pub fn fingerprint(&self) -> &'static str {
        "stems+4grams+concepts/en/2"
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
        match kind {
            EmbedKind::Query => query(&terms(text)),
            EmbedKind::Document => self.embed_fields(&[Field { text: text.to_owned(), weight: 1.0 }]),
        }
    }

    /// The vector of a document.
    pub fn embed_fields(&self, fields: &[Field]) -> SparseVector {
        let mut counts: BTreeMap<u32, f32> = BTreeMap::new();
        let mut stems = 0.0;
        for field in fields {
            let found = terms(&field.text);
            stems += found.stems.len() as f32 * field.weight;
            for (term, _) in hashed(&found) {
                *counts.entry(term).or_default() += field.weight;
            }
        }
        let length = 1.0 - LENGTH_PENALTY + LENGTH_PENALTY * stems / USUAL_LENGTH;
        let saturated = |count: f32| count * (SATURATION + 1.0) / (count + SATURATION * length);
        SparseVector { entries: counts.into_iter().map(|(term, count)| (term, saturated(count))).filter(|entry| entry.1 > 0.0).collect() }
    }
}

fn query(found: &Terms) -> SparseVector {
    // A word that is repeated in a request is not meant twice.
    let weights: BTreeMap<u32, f32> = hashed(found).collect();
    SparseVector { entries: weights.into_iter().collect() }
}

/// The terms with what each counts. Two with one hash are one term: rarer than one pair in four billion, and harmless.
fn hashed(found: &Terms) -> impl Iterator<Item = (u32, f32)> {
    let stems = found.stems.iter().map(|stem| (hash(b'w', stem), 1.0));
    let grams = found.grams.iter().map(|gram| (hash(b'g', gram), GRAM_WEIGHT));
    let concepts = found.concepts.iter().map(|concept| (hash(b'c', concept), CONCEPT_WEIGHT));
    stems.chain(grams).chain(concepts)
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
    fn a_word_counts_more_in_a_heavier_field() {
        let field = |weight| [Field { text: "abc".into(), weight }];
        let (light, heavy) = (SparseEmbedder.embed_fields(&field(1.0)), SparseEmbedder.embed_fields(&field(2.0)));
        assert!(heavy.entries[0].1 > light.entries[0].1);
        assert!(heavy.entries[0].1 <= SparseEmbedder.heaviest());
    }

    #[test]
    fn an_empty_text_has_no_terms() {
        assert!(SparseEmbedder.embed_one(EmbedKind::Query, " the of ").entries.is_empty());
    }
}
