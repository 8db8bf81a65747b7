//! The store: a SQLite or PostgreSQL database with a data lock, migrations and a single writer that commits in groups.
//!
//! It knows tables, not meaning: documents, events and states are JSON texts, times are microseconds since 1970
//! (UTC), identifiers are texts that sort by age. One file per family of tables.

mod approvals;
mod backup;
mod counts;
mod credentials;
mod drafts;
mod error;
mod group;
mod link;
mod lock;
mod meta;
mod notices;
mod open;
#[cfg(test)]
mod plans;
mod postgres;
mod retention;
mod runs;
mod sql;
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;
mod threads;
mod triggers;
mod workflows;
mod writer;

pub use approvals::{ApprovalRow, Decided, Verdict, Which};
pub use credentials::CredentialRow;
pub use drafts::DraftRow;
pub use error::{Outcome, Place, StoreError};
pub use notices::NoticeRow;
pub use open::Store;
pub use runs::{Created, DeliveryRow, EventRow, NewRun, RunCommit, RunFilter, RunHead, RunLine, RunRow};
pub use threads::{ThreadRow, TurnRows};
pub use triggers::{Activated, TriggerAdvance, TriggerRow};
pub use workflows::{VersionRow, WorkflowRow};
