//! What goes into a planner and what comes out.

use jiff::Zoned;
use sayflow_engine::action::Catalogue;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::Question;
use serde_json::Value;

/// What a person wants.
#[derive(Debug, Clone, Copy)]
pub struct PlanRequest<'a> {
    /// In their words.
    pub text: &'a str,
    /// Answers to questions of earlier rounds.
    pub answers: &'a [(Question, String)],
    /// The thread's current draft, for follow-ups such as "make it hourly".
    pub base: Option<&'a Workflow>,
}

/// What a planner may look at.
#[derive(Clone)]
pub struct PlanContext<'a> {
    /// What steps can do.
    pub catalogue: &'a Catalogue,
    /// The moment of the request.
    pub now: Zoned,
    /// IANA name of the person's zone.
    pub timezone: &'a str,
    /// Accounts that are set up, as `(name, type)`.
    pub credentials: &'a [(String, String)],
    /// Names of saved workflows.
    pub workflows: &'a [String],
    /// The person's own files and tables.
    pub samples: &'a dyn Samples,
    /// Search over the action declarations, where an index is at hand.
    pub ranker: Option<&'a dyn ActionRanker>,
}

/// A look at the person's own data, so that their words can be matched with real field names.
pub trait Samples {
    /// The parsed content, shortened, of a file in the workspace folder. None when there is none.
    fn file(&self, path: &str) -> Option<Value>;
    /// Paths of files in the workspace folder, relative to it, bounded in number.
    fn files(&self) -> Vec<String>;
    /// Tables of a SQLite file in the workspace folder with their columns. None when there is no such database.
    fn tables(&self, database: &str) -> Option<Vec<(String, Vec<String>)>>;
    /// Some rows of a table or view, as a list of objects by column, bounded in number. None when there is no such
    /// table, or nothing to look at.
    fn rows(&self, _database: &str, _table: &str) -> Option<Value> {
        None
    }
}

/// Nothing to look at.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSamples;

impl Samples for NoSamples {
    fn file(&self, _: &str) -> Option<Value> {
        None
    }

    fn files(&self) -> Vec<String> {
        Vec::new()
    }

    fn tables(&self, _: &str) -> Option<Vec<(String, Vec<String>)>> {
        None
    }
}

/// Finds actions by meaning.
pub trait ActionRanker {
    /// Action ids with scores, best first.
    fn rank(&self, text: &str, limit: usize) -> Vec<(String, f32)>;
}

/// What a planner hands back.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one is made for each request")]
pub enum PlanOutcome {
    /// A workflow.
    Draft {
        /// The document.
        workflow: Workflow,
        /// What was taken for granted, in plain words.
        notes: Vec<String>,
    },
    /// Something has to be known first; at most three questions.
    Questions {
        /// What.
        questions: Vec<Question>,
        /// As much of the workflow as is clear.
        partial: Option<Workflow>,
    },
    /// It cannot be done with what there is.
    Cannot {
        /// Why, in plain words.
        reason: String,
        /// Requests of the same kind that would work.
        suggestions: Vec<String>,
    },
}

/// Turns a request into a draft, questions, or "cannot".
pub trait Planner {
    /// `offline` or `model`.
    fn name(&self) -> &'static str;

    /// Plans. Never panics, whatever the text.
    fn plan(&self, request: &PlanRequest<'_>, context: &PlanContext<'_>) -> PlanOutcome;
}
