//! Requests and responses of the server's API under `/api/v1`. One file, one resource.

pub mod action;
pub mod approval;
pub mod credential;
pub mod draft;
pub mod edit;
pub mod notice;
pub mod problem;
pub mod run;
pub mod server;
pub mod step_test;
pub mod template;
pub mod thread;
pub mod workflow;

pub use approval::{ApprovalList, ApprovalObject, ApprovalOutcome, ApprovalQuery, DecideApproval};
pub use credential::{CredentialInfo, SetCredential};
pub use draft::{DraftView, DryRunReport, NotTried, SuppressedEffect};
pub use edit::{DiffView, Operation, Suggestion};
pub use notice::{Notice, NoticeList, SeenNotices};
pub use problem::Problem;
pub use run::{ApprovalView, RetriedRun, RetryRun, RunSource, StartRun, StartedRun, Steered};
pub use step_test::{StepResult, TestStep, TestedStep};
pub use template::{ImportTemplate, SaveTemplate, TemplateInfo, TemplateList, TemplateOrigin, TemplateSource, TemplateView, UseTemplate};
pub use thread::{
    Answer, InterruptTurn, InterruptedTurn, Item, ItemBody, Pending, PostTurn, Question, Stage, ThreadEvent, ThreadView, TurnMessage,
    TurnProgress, TurnView, Usage,
};
pub use workflow::{ActivatedWorkflow, SaveWorkflow, TriggerView, ValidateRequest, Validation, WorkflowSummary};
