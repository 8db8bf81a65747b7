//! The nouns of Sayflow as plain types: the workflow document, diagnostics, footprints, run events and the
//! requests and responses of the API.
//!
//! This crate knows no I/O and no other crate of the workspace. Every surface, the engine and the store's
//! rows speak in these types, so a change here is a change of the public contract.

pub mod action;
pub mod api;
pub mod approval;
pub mod diagnostic;
pub mod event;
pub mod footprint;
pub mod id;
pub mod interval;
pub mod key;
pub mod lineage;
pub mod run;
pub mod workflow;

pub use action::{ActionInfo, Effect};
pub use diagnostic::{Diagnostic, Severity, Span};
pub use event::{Event, RecordedEvent};
pub use footprint::{Destination, DestinationKind, Footprint, FootprintEntry};
pub use id::{ApprovalId, DraftId, RunId, ThreadId};
pub use interval::Interval;
pub use key::{BlockName, InstanceKey, KeySegment};
pub use run::{RunError, RunStatus, RunView, StepStatus, StepView};
pub use workflow::Workflow;
