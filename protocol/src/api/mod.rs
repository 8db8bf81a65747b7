//! Requests and responses of the server's API under `/api/v1`. One file, one resource.

pub mod action;
pub mod credential;
pub mod draft;
pub mod problem;
pub mod run;
pub mod server;
pub mod template;
pub mod thread;
pub mod workflow;

pub use credential::{CredentialInfo, SetCredential};
pub use draft::{DraftView, DryRunReport, NotTried, SuppressedEffect};
pub use problem::Problem;
pub use run::{ApprovalView, RunSource, StartRun, StartedRun};
pub use thread::{Answer, Item, ItemBody, PostTurn, Question, ThreadEvent, ThreadView, TurnView, Usage};
pub use workflow::{SaveWorkflow, ValidateRequest, Validation, WorkflowSummary};
