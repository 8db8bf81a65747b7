//! One version of the index with dense vectors: all from one embedder.

use super::super::api::IndexSpec;
use super::super::embedded::EmbeddedIndex;
use super::super::embedder::{EmbedError, Embedder, check};
use super::super::sparse::{EmbedKind, SparseEmbedder};
use super::super::vectors::VectorFile;
use super::entries::{Entries, Entry};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Vectors by the key of their text.
pub(super) type Vectors = HashMap<Uuid, Arc<[f32]>>;

pub(super) struct Version {
    /// Which wish it fulfils.
    pub(super) number: u64,
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) spec: IndexSpec,
    pub(super) index: EmbeddedIndex,
    /// The vectors that were made, for whoever keeps the version up.
    pub(super) file: tokio::sync::Mutex<VectorFile>,
    /// The key of the vector that each entry has in the index.
    held: Mutex<HashMap<String, Uuid>>,
    /// The generation of the entries whose vectors are all here.
    complete: AtomicU64,
}

impl Version {
    pub(super) fn new(number: u64, embedder: Arc<dyn Embedder>, dimensions: usize, file: VectorFile) -> Self {
        let fingerprint = format!("{} + {}", SparseEmbedder.fingerprint(), embedder.fingerprint());
        let spec = IndexSpec { fingerprint, dense: Some(dimensions) };
        let index = EmbeddedIndex::new(spec.clone());
        Self { number, embedder, spec, index, file: file.into(), held: Mutex::default(), complete: AtomicU64::new(0) }
    }

    /// Whether every entry of that generation has its vector.
    pub(super) fn is_complete(&self, generation: u64) -> bool {
        self.complete.load(Ordering::Acquire) == generation
    }

    pub(super) async fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let mut vectors = self.embedder.embed(EmbedKind::Query, &[text]).await?;
        check(&vectors, 1, self.spec.dense).map_err(|why| EmbedError {
            place: self.embedder.fingerprint().to_owned(),
            why,
            help: "the model was replaced; start Sayflow again",
        })?;
        Ok(vectors.pop().unwrap_or_default())
    }

    /// Lets entries be found by their words until their vectors are here. The caller holds the entries' lock.
    pub(super) fn put_words(&self, entries: &[Entry]) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            held.remove(&entry.id);
        }
        if let Err(why) = self.index.put(entries.iter().map(|entry| entry.record(None)).collect()) {
            tracing::error!(%why, "an entry could not be indexed");
        }
    }

    /// The caller holds the entries' lock.
    pub(super) fn remove(&self, id: &str) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.index.take_out(&[id]);
    }

    /// Gives the entries their vectors. Those that changed after the vectors were made keep what they have; the next
    /// round is theirs. The caller holds the entries' lock.
    pub(super) fn give(&self, entries: &Entries, generation: u64, vectors: &Vectors) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut records = Vec::new();
        for entry in entries.by_id.values() {
            if held.get(&entry.id) == Some(&entry.key) {
                continue;
            }
            let dense = vectors.get(&entry.key);
            records.push(entry.record(dense.map(|vector| vector.to_vec())));
            if dense.is_some() {
                held.insert(entry.id.clone(), entry.key);
            }
        }
        if let Err(why) = self.index.put(records) {
            tracing::error!(%why, "entries could not be indexed");
            held.clear();
            return;
        }
        self.complete.store(generation, Ordering::Release);
    }
}
