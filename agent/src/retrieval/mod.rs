//! Finding what belongs to a request: actions, templates and saved workflows.
//!
//! A text becomes one sparse vector of word stems, character 4-grams and concepts ([`SparseEmbedder`]); an [`Index`]
//! weighs its terms by how rare they are among the stored entries at the time of the query. Dense vectors of an
//! [`Embedder`] may come along; both rankings are then fused by reciprocal rank. [`EmbeddedIndex`] keeps them in memory,
//! [`QdrantIndex`] on a server. [`Library`] is the whole of one installation: what is outside may be away, and searching
//! goes on with what is here.

mod api;
mod concepts;
mod embedded;
mod embedder;
mod embeddings;
mod endpoint;
mod entry;
mod folder;
mod library;
mod outage;
mod qdrant;
mod sparse;
mod stems;
mod terms;
mod vectors;

pub use api::{Filter, Hit, Index, IndexError, IndexSpec, MOST_DIMENSIONS, Query, Record};
pub use embedded::EmbeddedIndex;
pub use embedder::{EmbedError, Embedder};
pub use embeddings::Embeddings;
pub use endpoint::{Endpoint, EndpointEmbedder};
pub use entry::{EntryKind, action_fields, template_fields, workflow_fields};
pub use folder::FolderEmbedder;
pub use library::{Library, Retrieval, Retrieved};
pub use qdrant::{QdrantIndex, QdrantServer};
pub use sparse::{EmbedKind, Field, SparseEmbedder, SparseVector};
