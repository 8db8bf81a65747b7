//! Finding what belongs to a request: an exact in-process index over actions, templates and saved workflows.
//!
//! A text becomes one sparse vector of word stems and character 4-grams ([`SparseEmbedder`]); the [`Index`] weighs
//! its terms by how rare they are among the stored entries at the time of the query. Dense vectors may come along;
//! both rankings are then fused by reciprocal rank. [`Library`] is the index of one installation.

mod embedder;
mod entry;
mod index;
mod library;
mod query;
mod terms;

pub use embedder::{EmbedKind, SparseEmbedder, SparseVector};
pub use entry::{EntryKind, action_text, template_text, workflow_text};
pub use index::{Index, IndexError, IndexSpec, Record};
pub use library::{Library, Retrieved};
pub use query::{Filter, Hit, Query};
