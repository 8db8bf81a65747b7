//! The store: a SQLite or PostgreSQL database with a data lock, migrations and a single writer that commits in groups.
//!
//! It knows tables, not meaning: documents, events and states are JSON texts, times are microseconds since 1970
//! (UTC), identifiers are texts that sort by age. Files import downwards only:
//!
//! | floor | files |
//! |---|---|
//! | tables, one file per family | `runs`, `approvals`, `triggers`, `workflows`, `threads`, `spending`, …; `backup`, `retention` |
//! | the handle | `open` |
//! | the writer | `writer`, above `group`, above `changes` and `numbering` |
//! | writes and their callers | `job` |
//! | connections | `link`, above `postgres`; `sqlite`, above `snapshot`; `lock` |
//! | what all share | `context`, above `driver_error`, above `copies`; `rows`, `sql`, `error` |

mod answers;
mod approvals;
mod backup;
mod changes;
mod context;
mod copies;
mod counts;
mod credentials;
mod drafts;
mod driver_error;
mod error;
mod group;
mod job;
mod link;
mod lock;
mod meta;
mod notices;
mod numbering;
mod open;
#[cfg(test)]
mod plans;
mod postgres;
mod retention;
mod rows;
mod runs;
mod snapshot;
mod spending;
mod sql;
mod sqlite;
mod templates;
#[cfg(feature = "testing")]
pub mod testing;
mod threads;
mod triggers;
#[cfg(test)]
mod unwritable;
mod workflows;
mod writer;

pub use approvals::{Decided, Verdict, Which};
pub use credentials::CredentialRow;
pub use drafts::DraftRow;
pub use error::{Outcome, Place, StoreError};
pub use notices::NoticeRow;
pub use open::Store;
pub use rows::approval::ApprovalRow;
pub use rows::run::{Created, DeliveryRow, EventRow, NewRun, RunCommit, RunHead, RunLine, RunRow};
pub use rows::trigger::{TriggerAdvance, TriggerRow};
pub use runs::RunFilter;
pub use spending::SpendingRow;
pub use templates::TemplateRow;
pub use threads::{ThreadRow, TurnRows};
pub use triggers::Activated;
pub use workflows::{VersionRow, WorkflowRow};
