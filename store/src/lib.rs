//! The store: one SQLite database with a data lock, migrations and a single writer that commits in groups.
//!
//! It knows tables, not meaning: documents, events and states are JSON texts, times are microseconds since 1970
//! (UTC), identifiers are texts that sort by age. One file per family of tables.

mod credentials;
mod drafts;
mod error;
mod lock;
mod meta;
mod open;
mod runs;
mod threads;
mod workflows;
mod writer;

pub use credentials::CredentialRow;
pub use drafts::DraftRow;
pub use error::StoreError;
pub use open::Store;
pub use runs::{EventRow, RunFilter, RunHead, RunRow};
pub use threads::{ThreadRow, TurnRows};
pub use workflows::{VersionRow, WorkflowRow};
