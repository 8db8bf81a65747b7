//! What can be found, where its dense vectors are to come from, and what a person should know of it.

use super::super::api::Record;
use super::super::embeddings::Embeddings;
use super::super::entry::{EntryKind, plain};
use super::super::sparse::{Field, SparseEmbedder, SparseVector};
use super::super::vectors::key;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// One thing that can be found.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) kind: EntryKind,
    pub(super) text: String,
    pub(super) sparse: SparseVector,
    /// Names the text: entries with one key have one dense vector.
    pub(super) key: Uuid,
}

impl Entry {
    pub(super) fn new(kind: EntryKind, name: &str, fields: &[Field]) -> Self {
        let text = plain(fields);
        Self { id: kind.id(name), kind, key: key(&text), text, sparse: SparseEmbedder.embed_fields(fields) }
    }

    pub(super) fn record(&self, dense: Option<Vec<f32>>) -> Record {
        Record { id: self.id.clone(), kind: self.kind, sparse: self.sparse.clone(), dense }
    }
}

/// The entries as they are now. Who changes an embedded index holds their lock.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) by_id: BTreeMap<String, Arc<Entry>>,
    /// Counts the changes.
    pub(super) generation: u64,
}

/// Where dense vectors are to come from.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) embeddings: Option<Embeddings>,
    /// Counts the changes.
    pub(super) number: u64,
}

/// What a person should know.
#[derive(Debug, Default)]
pub(super) struct News(Mutex<Vec<String>>);

impl News {
    pub(super) fn add(&self, news: String) {
        tracing::warn!("{news}");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(news);
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
