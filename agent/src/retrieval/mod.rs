//! Finding what belongs to a request: actions, templates and saved workflows.
//!
//! A text becomes one sparse vector of word stems, character 4-grams and concepts ([`SparseEmbedder`]); an [`Index`]
//! weighs its terms by how rare they are among the stored entries at the time of the query. Dense vectors may come
//! along; both rankings are then fused by reciprocal rank. [`EmbeddedIndex`] keeps them in memory. [`Library`] is the
//! whole of one installation.

mod api;
mod concepts;
mod embedded;
mod entry;
mod library;
mod sparse;
mod terms;

pub use api::{Filter, Hit, Index, IndexError, IndexSpec, MOST_DIMENSIONS, Query, Record};
pub use embedded::EmbeddedIndex;
pub use entry::{EntryKind, action_fields, template_fields, workflow_fields};
pub use library::{Library, Retrieved};
pub use sparse::{EmbedKind, Field, SparseEmbedder, SparseVector};
