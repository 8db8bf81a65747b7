//! Runs: starting and reading them.

use super::workflows::canonical;
use super::{App, approval, workspace};
use crate::error::AppError;
use crate::principal::{Command, Principal};
use jiff::Timestamp;
use sayflow_engine::run::{DryRun, EngineError, NetworkReads, StartRequest};
use sayflow_protocol::api::run::{RunEvents, RunList, RunQuery};
use sayflow_protocol::api::{ItemBody, RunSource, StartRun, StartedRun};
use sayflow_protocol::run::RunSummary;
use sayflow_protocol::workflow::Workflow;
use sayflow_protocol::{Diagnostic, Footprint, RecordedEvent, RunId, RunStatus, RunView, ThreadId};
use sayflow_store::{RunFilter, RunLine};
use serde_json::{Value, json};
use std::path::PathBuf;
use tokio::sync::mpsc;

/// Runs on a page when nothing else is asked for, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 500;

/// How to see which runs there are.
pub(super) const SEE_RUNS: &str = "list the runs with: sayflow runs list";

/// A workflow that is about to be run, with what is known of it.
struct Runnable {
    workflow: Workflow,
    version: Option<u32>,
    footprint: Footprint,
    diagnostics: Vec<Diagnostic>,
    workspace: PathBuf,
    thread: Option<ThreadId>,
    /// The person's own words, where they did not name the document itself.
    words: Option<String>,
}

impl Runnable {
    /// What a person has to say yes to before this is run with the inputs of the request.
    fn needs_yes(&self, request: &StartRun) -> Result<Option<approval::Needed>, AppError> {
        // No input has a name with a dot.
        let payload = request.payload.as_ref().map(|payload| ("trigger.payload", payload));
        let payload = approval::Payload {
            document: &canonical(&self.workflow)?,
            inputs: &request.inputs.iter().map(|(name, value)| (name.as_str(), value)).chain(payload).collect(),
            workspace: &self.workspace.to_string_lossy(),
            footprint: &self.footprint,
        };
        Ok(approval::needed(payload, self.words.as_deref()))
    }
}

/// A run that was started, or what keeps it back.
pub(super) struct Launched {
    pub(super) started: StartedRun,
    /// The workflow's name.
    pub(super) workflow: String,
    /// The conversation of the draft.
    thread: Option<ThreadId>,
}

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// Starts a run, or says what has to be approved first.
    pub async fn start_run(&self, principal: &Principal, request: StartRun) -> Result<StartedRun, AppError> {
        let Launched { started, thread, .. } = self.launch(principal, request, None).await?;
        if let (Some(thread), Some(run)) = (thread, started.run.as_ref().filter(|run| !run.dry_run)) {
            self.add_items(&thread, vec![ItemBody::Run { run: run.id.clone() }]).await?;
        }
        Ok(started)
    }

    /// The same for a turn, which tells its conversation by itself. A second start under the same `delivery` gives the
    /// first run.
    pub(super) async fn launch(&self, principal: &Principal, request: StartRun, delivery: Option<String>) -> Result<Launched, AppError> {
        self.allow(principal, Command::StartRun)?;
        let runnable = self.runnable(&request).await?;
        let name = runnable.workflow.name.clone();
        if !request.dry_run
            && let Some(open) = runnable.needs_yes(&request)?
            && !open.is_given(request.approve.as_deref())
        {
            let approval = open.into_view(self.parts.ids.new_id().into(), &name);
            let started = StartedRun { approval: Some(approval), diagnostics: runnable.diagnostics, ..StartedRun::default() };
            return Ok(Launched { started, workflow: name, thread: runnable.thread });
        }
        let Runnable { workflow, version, diagnostics, workspace, thread, .. } = runnable;
        let inputs = request.inputs.into_iter().collect();
        let trigger = request.payload.map(|payload| brought(payload, self.parts.clock.now()));
        let compiled = self.parts.engine.compile(&workflow)?;
        let stepwise = request.stepwise;
        let start = StartRequest {
            version,
            inputs,
            trigger,
            thread: thread.clone(),
            stepwise,
            delivery,
            ..StartRequest::by_hand(compiled, workspace)
        };
        if request.dry_run {
            let rules = DryRun { network: network(request.network_reads), ..DryRun::default() };
            let report = self.parts.engine.dry_run(start, rules).await?;
            let (suppressed, not_tried) = (report.suppressed, report.not_tried);
            let started = StartedRun { run: Some(report.run), approval: None, diagnostics, suppressed, not_tried };
            return Ok(Launched { started, workflow: name, thread });
        }
        let id = self.parts.engine.start(start).await?.run;
        let run = self.parts.engine.view(&id).await?;
        Ok(Launched { started: StartedRun { run: Some(run), diagnostics, ..StartedRun::default() }, workflow: name, thread })
    }

    /// A run as it stands.
    pub async fn run(&self, principal: &Principal, id: &str) -> Result<RunView, AppError> {
        self.allow(principal, Command::ReadRuns)?;
        Ok(self.parts.engine.view(&RunId::from(id)).await?)
    }

    /// Runs, newest first, page by page.
    pub async fn runs(&self, principal: &Principal, query: RunQuery) -> Result<RunList, AppError> {
        self.allow(principal, Command::ReadRuns)?;
        let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
        let filter = RunFilter { workflow: query.workflow, status: query.status.map(|status| status.as_str().to_owned()) };
        // One more than asked for says whether there is another page.
        let mut rows = self.parts.store.list_runs(filter, query.cursor.as_deref(), i64::from(limit) + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| row.id.clone());
        let runs = rows.into_iter().map(summary).collect::<Result<_, _>>()?;
        Ok(RunList { runs, next })
    }

    /// What happened in a run so far, behind number `after`.
    pub async fn run_journal(&self, principal: &Principal, id: &str, after: u64) -> Result<RunEvents, AppError> {
        self.allow(principal, Command::ReadRuns)?;
        let id = self.known_run(id).await?;
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            let page = self.parts.engine.events(&id, events.last().map_or(after, |event| event.seq)).await?;
            if page.is_empty() {
                return Ok(RunEvents { events });
            }
            events.extend(page);
        }
    }

    /// The events of a run behind number `after`, and those to come; ends after the last.
    pub async fn run_events(&self, principal: &Principal, id: &str, after: u64) -> Result<mpsc::Receiver<RecordedEvent>, AppError> {
        self.allow(principal, Command::ReadRuns)?;
        // A run that nobody drives yet would seem to have no more events.
        self.parts.resumed.wait().await;
        Ok(self.parts.engine.watch(&RunId::from(id), after).await?)
    }

    async fn known_run(&self, id: &str) -> Result<RunId, AppError> {
        match self.parts.store.run(id).await? {
            Some(row) => Ok(RunId(row.id)),
            None => Err(AppError::not_found("run", id, SEE_RUNS)),
        }
    }

    /// Finds and checks what a request wants to run.
    async fn runnable(&self, request: &StartRun) -> Result<Runnable, AppError> {
        let folder = workspace(&request.workspace)?;
        match &request.source {
            RunSource::Document { text, format } => {
                let sound = self.sound_text(text, format).await?;
                Ok(sound.into_runnable(None, folder))
            }
            RunSource::Workflow(name) => {
                let (version, document) = self.saved_document(name).await?;
                Ok(self.sound_document(&document).await?.into_runnable(Some(version), folder))
            }
            RunSource::Draft(id) => {
                let draft = self.draft_row(id.as_str()).await?;
                let thread = draft.thread.clone().map(ThreadId);
                let words = match &thread {
                    Some(thread) => Some(self.own_words(thread).await?),
                    None => None,
                };
                let sound = self.sound_document(&draft.document).await?;
                Ok(Runnable { thread, words, ..sound.into_runnable(None, PathBuf::from(draft.workspace)) })
            }
        }
    }
}

impl super::documents::Sound {
    fn into_runnable(self, version: Option<u32>, workspace: PathBuf) -> Runnable {
        let Self { workflow, footprint, diagnostics } = self;
        Runnable { workflow, version, footprint, diagnostics, workspace, thread: None, words: None }
    }
}

/// What the steps see as `trigger` when somebody starts a run by hand as if a trigger had brought this.
pub(super) fn brought(payload: Value, now: Timestamp) -> Value {
    json!({ "type": "manual", "time": now, "payload": payload, "headers": {} })
}

pub(super) fn network(tried: bool) -> NetworkReads {
    if tried { NetworkReads::Named } else { NetworkReads::Skip }
}

impl From<EngineError> for AppError {
    fn from(why: EngineError) -> Self {
        match why {
            EngineError::Store(why) => Self::Store(why),
            EngineError::Inputs(message) => Self::InvalidInputs { message, help: None },
            EngineError::Workspace(why) => Self::InvalidRequest { message: why.message, help: why.help },
            EngineError::NoRun(id) => Self::not_found("run", id.as_str(), SEE_RUNS),
            EngineError::NoWorkflow(name) => Self::not_found("workflow", &name, "list them with: sayflow workflows list"),
            EngineError::Conflict { .. } | EngineError::TooDeep { .. } => Self::Conflict(why.to_string()),
            EngineError::Busy { why, retry_after } => Self::Busy { message: why, retry_after },
            EngineError::LimitReached { why, help } => Self::LimitReached { message: why, help },
            EngineError::Document(_) => Self::Internal(why.to_string()),
            EngineError::Plan(why) => Self::InvalidRequest { message: why.to_string(), help: None },
            EngineError::Broken { .. } => Self::Internal(why.to_string()),
        }
    }
}

/// One line of the list.
fn summary(row: RunLine) -> Result<RunSummary, AppError> {
    let damaged = |what: &str| AppError::Internal(format!("run {} has {what} that cannot be read", row.id));
    let time = |at: i64| Timestamp::from_microsecond(at).map_err(|_| damaged("a time"));
    Ok(RunSummary {
        workflow: row.workflow.clone(),
        version: row.version.and_then(|version| u32::try_from(version).ok()),
        dry_run: row.dry_run,
        status: RunStatus::parse(&row.status).ok_or_else(|| damaged("a status"))?,
        created: time(row.created)?,
        ended: row.ended.map(time).transpose()?,
        error: row.error.as_deref().map(serde_json::from_str).transpose().map_err(|_| damaged("an error"))?,
        id: RunId(row.id),
    })
}
