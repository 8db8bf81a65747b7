//! `/threads`: conversations. A turn is one message and all the work it caused; its items are numbered.

use crate::api::draft::DraftView;
use crate::api::edit::DiffView;
use crate::api::problem::Problem;
use crate::api::run::{ApprovalView, RunSource};
use crate::id::{RunId, ThreadId};
use indexmap::IndexMap;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /threads/{id}/turns` (`new` as the id begins a thread, `last` goes on with the newest).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostTurn {
    /// What the person says; may be empty when there are answers.
    pub text: String,
    /// Answers to open questions, by question id.
    #[serde(default)]
    pub answers: IndexMap<String, String>,
    /// Whether the dry run also tries network reads of hosts that the person named.
    #[serde(default)]
    pub network_reads: bool,
    /// Absolute path of the client's workspace folder.
    pub workspace: String,
    /// IANA name of the client's time zone, where it knows one.
    #[serde(default)]
    pub timezone: Option<String>,
}

/// `POST /threads/{id}/interrupt`: stops the turn that is under way, or the one that is named, which may still wait for
/// another to end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterruptTurn {
    /// The turn; the one under way when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<String>,
}

/// The answer to [`InterruptTurn`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InterruptedTurn {
    /// The conversation.
    pub thread: ThreadId,
    /// Whether there was something to stop.
    pub was_active: bool,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The question.
    pub id: String,
    /// What the person said.
    pub value: String,
}

/// Something the agent has to know before it can go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// Handed back with the answer.
    pub id: String,
    /// The question, worded as an outcome.
    pub text: String,
    /// What it is about, such as `slack.send_message.channel`.
    pub about: String,
    /// Answers to choose from, where there are some.
    pub choices: Vec<String>,
}

/// What a turn cost.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Requests to a model.
    pub model_calls: u32,
    /// Tokens sent.
    pub input_tokens: u64,
    /// Tokens received.
    pub output_tokens: u64,
    /// Money, in US dollars.
    pub cost_usd: f64,
    /// Time spent on planning, in milliseconds.
    pub planning_ms: u64,
    /// Whether tokens, and so the money, are estimated in part: the model's server did not count them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

impl Usage {
    /// Adds what something else cost.
    pub fn add(&mut self, more: &Self) {
        self.model_calls = self.model_calls.saturating_add(more.model_calls);
        self.input_tokens = self.input_tokens.saturating_add(more.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(more.output_tokens);
        self.cost_usd += more.cost_usd;
        self.planning_ms = self.planning_ms.saturating_add(more.planning_ms);
        self.estimated |= more.estimated;
    }
}

/// The outcome of a turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TurnView {
    /// The conversation.
    pub thread: ThreadId,
    /// What the agent says.
    pub reply: String,
    /// `offline` or `model`.
    pub planner: String,
    /// The draft, when there is one.
    pub draft: Option<DraftView>,
    /// Questions that are open.
    pub questions: Vec<Question>,
    /// What `--run` would need a yes for.
    pub approval: Option<ApprovalView>,
    /// What it cost.
    pub usage: Usage,
    /// Whether the agent said that it cannot do this.
    #[serde(default)]
    pub cannot: bool,
    /// The run that the turn started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What [`Self::approval`] is asked for, where it is more than a run of the draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// A change that the agent proposes and a yes carries out; nothing is changed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<DiffView>,
    /// Whether somebody stopped the turn before it was through.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
}

/// What goes on when an approval is given. Words in a conversation do not give it: a surface hands the approval's hash
/// to the request that is named here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// `POST /runs`.
    Run {
        /// What is run.
        source: RunSource,
        /// Values for its inputs.
        #[serde(default)]
        inputs: IndexMap<String, Value>,
    },
    /// `POST /workflows/{name}/activate`.
    Activate {
        /// The workflow.
        workflow: String,
        /// Which version.
        version: u32,
    },
}

/// How far a turn is. Told while it goes on and never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TurnProgress {
    /// Something else is done now.
    Stage {
        /// What.
        stage: Stage,
        /// More about it, such as `step 2 of 5`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// More of the reply.
    Text {
        /// What to put behind what was said.
        delta: String,
    },
}

/// What a turn is about at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What the message means.
    Understanding,
    /// Looking for actions and proven workflows.
    Searching,
    /// Which steps there are.
    Outlining,
    /// The parameters of the steps.
    Filling,
    /// The checks.
    Checking,
    /// The dry run.
    DryRun,
    /// Whether the draft does what was asked.
    Comparing,
    /// Mending what is wrong.
    Repairing,
    /// Doing what was asked, such as starting a run.
    Acting,
    /// Wording the reply.
    Replying,
}

/// One message of a turn that is followed while it goes on (`Accept: text/event-stream`). The last one is the turn or
/// the problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "messages are read one at a time, never kept in bulk")]
pub enum TurnMessage {
    /// It has begun. The first message.
    Begun {
        /// The conversation, which may be new.
        thread: ThreadId,
        /// The turn, as `POST /threads/{id}/interrupt` takes it.
        turn: String,
    },
    /// It goes on.
    Progress(TurnProgress),
    /// It is over.
    Turn(TurnView),
    /// It could not be carried out.
    Problem(Problem),
}

/// One thing in a turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub body: ItemBody,
}

/// The kinds of items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "items are read one at a time, never kept in bulk")]
pub enum ItemBody {
    /// Somebody said something.
    Message {
        /// `user` or `agent`.
        role: String,
        /// What.
        text: String,
    },
    /// The agent asks.
    Question(Question),
    /// The person answered.
    Answer(Answer),
    /// The agent drafted a workflow.
    Draft(DraftView),
    /// Something has to be decided.
    Approval(ApprovalView),
    /// A run began.
    Run {
        /// Which.
        run: RunId,
    },
    /// Something worth knowing.
    Notice {
        /// What.
        text: String,
    },
    /// What a turn spent on models.
    Spent {
        /// Who planned: `model` or `offline`.
        planner: String,
        /// What.
        usage: Usage,
    },
    /// What a message was taken for.
    Intent {
        /// `create`, `change`, `run`, `schedule`, `stop`, `status`, `list`, `explain`, `undo`, `help`, `small_talk` …
        intent: String,
        /// What it is about, such as `{"workflow": "orders-report"}`.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        arguments: Value,
    },
}

/// An item with its number: one SSE message of `GET /threads/{id}/events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadEvent {
    /// From 1, without gaps within one thread.
    pub seq: u64,
    /// The item.
    #[serde(flatten)]
    pub item: Item,
}

/// `GET /threads/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadView {
    /// Its id.
    pub id: ThreadId,
    /// When it began.
    pub created: Timestamp,
    /// All items.
    pub events: Vec<ThreadEvent>,
}
