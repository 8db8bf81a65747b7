//! A turn: carries out what the conversation machine wants done and brings back what came of it.

use super::threads::{item_row, words_of};
use super::workflows::canonical;
use super::{App, approval, locked, runs, shorten, workspace};
use crate::error::AppError;
use crate::principal::{Command, Principal};
use crate::samples::WorkspaceSamples;
use jiff::tz::TimeZone;
use sayflow_agent::conversation::{Caps, Conversation, DraftParts, Effect, Event, PlanInput, TurnOutcome, TurnPosted};
use sayflow_agent::planner::{ActionRanker, PlanContext};
use sayflow_engine::run::{DryRun, StartRequest};
use sayflow_protocol::api::{ApprovalView, DraftView, DryRunReport, Item, ItemBody, PostTurn, ThreadEvent, TurnView, Usage};
use sayflow_protocol::{Diagnostic, DraftId, ThreadId, Workflow};
use sayflow_store::{DraftRow, ThreadRow, TurnRows};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// The longest message, in characters.
const LONGEST_TEXT: usize = 20_000;

/// A turn under way.
struct Hosted<'a> {
    app: &'a App,
    thread: ThreadRow,
    workspace: PathBuf,
    timezone: String,
    /// All items, those of this turn included.
    items: Vec<ThreadEvent>,
    /// How many of them are stored.
    stored: usize,
    drafts: Vec<DraftRow>,
}

impl App {
    /// Says something in a conversation (`new` begins one, `last` goes on with the newest) and waits for what the agent
    /// makes of it.
    ///
    /// # Errors
    /// See [`AppError`].
    pub async fn post_turn(&self, principal: &Principal, thread: &str, turn: PostTurn) -> Result<TurnView, AppError> {
        self.allow(principal, Command::PostTurn)?;
        let folder = workspace(&turn.workspace)?;
        if turn.text.chars().count() > LONGEST_TEXT {
            let message = format!("the message is longer than {LONGEST_TEXT} characters");
            return Err(AppError::invalid(message, "say it shorter, and put data into files that the request names"));
        }
        let timezone = self.zone_for(turn.timezone.as_deref());
        let now = self.parts.clock.now().as_microsecond();
        let row = match thread {
            "new" => {
                let state = "{}".to_owned();
                ThreadRow { id: self.parts.ids.new_id(), created: now, updated: now, workspace: turn.workspace.clone(), state }
            }
            _ => ThreadRow { updated: now, workspace: turn.workspace.clone(), ..self.thread_row(thread).await? },
        };
        let id = ThreadId(row.id.clone());
        let turns = self.turn_lock(&id);
        let _turn = turns.lock().await;
        let items = if thread == "new" { Vec::new() } else { self.items(&id, 0).await? };
        let conversation = Conversation::from_items(Caps::without_repair(), &items);
        let posted = TurnPosted { text: turn.text, answers: turn.answers, timezone: timezone.clone(), network_reads: turn.network_reads };
        let stored = items.len();
        let hosted = Hosted { app: self, thread: row, workspace: folder, timezone, items, stored, drafts: Vec::new() };
        Box::pin(hosted.play(conversation, posted)).await
    }

    /// The lock that keeps a conversation's turns apart.
    pub(super) fn turn_lock(&self, id: &ThreadId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = locked(&self.parts.turns);
        turns.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(turns.entry(id.clone()).or_default())
    }

    /// The zone of a person: the configured one, else the one that their client knows, else the machine's.
    pub(super) fn zone_for(&self, client: Option<&str>) -> String {
        let known = client.filter(|name| TimeZone::get(name).is_ok());
        match (&self.parts.configured_timezone, known) {
            (Some(configured), _) => configured.clone(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => self.parts.timezone.clone(),
        }
    }
}

impl Hosted<'_> {
    async fn play(mut self, mut conversation: Conversation, posted: TurnPosted) -> Result<TurnView, AppError> {
        let mut event = Event::TurnPosted(posted);
        loop {
            let mut next = None;
            for effect in conversation.handle(event) {
                match self.perform(effect).await? {
                    Step::Recorded => {}
                    Step::Answered(answer) => next = Some(*answer),
                    Step::Over(outcome) => return Ok(self.view(*outcome)),
                }
            }
            event = next.ok_or_else(|| AppError::Internal("the conversation stopped without an end".into()))?;
        }
    }

    async fn perform(&mut self, effect: Effect) -> Result<Step, AppError> {
        Ok(match effect {
            Effect::Record(body) => {
                self.add(body);
                Step::Recorded
            }
            Effect::Retrieve { text } => {
                self.save().await?;
                answered(Event::Retrieved(self.app.retrieve(&text).await?))
            }
            Effect::Plan(input) => answered(self.plan(input).await?),
            Effect::Check { workflow } => answered(Event::Checked(self.app.check_outcome(&workflow, &self.timezone).await?)),
            Effect::DryRun { workflow, network_reads } => answered(Event::DryRan(self.dry_run(workflow, network_reads).await)),
            Effect::SaveDraft(parts) => answered(Event::Saved(self.save_draft(parts).await?)),
            Effect::End(outcome) => {
                self.save().await?;
                Step::Over(Box::new(outcome))
            }
        })
    }

    fn add(&mut self, body: ItemBody) {
        let seq = self.items.last().map_or(0, |event| event.seq) + 1;
        self.items.push(ThreadEvent { seq, item: Item { at: self.app.parts.clock.now(), body } });
    }

    /// Makes durable what was said so far.
    async fn save(&mut self) -> Result<(), AppError> {
        let items = self.items[self.stored..].iter().map(|event| item_row(event.seq, event.item.clone())).collect::<Result<_, _>>()?;
        let rows = TurnRows { thread: self.thread.clone(), items, drafts: std::mem::take(&mut self.drafts) };
        self.app.save_items(rows).await?;
        self.stored = self.items.len();
        Ok(())
    }

    /// Plans on a thread of its own: planning computes for milliseconds, and the samples read files meanwhile.
    async fn plan(&self, input: PlanInput) -> Result<Event, AppError> {
        let parts = &self.app.parts;
        let credentials = self.app.accounts().await?;
        let workflows = parts.store.list_workflows().await?.into_iter().map(|row| row.name).collect::<Vec<_>>();
        let zone = TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC);
        let now = parts.clock.now().to_zoned(zone);
        let samples = WorkspaceSamples::new(&parts.ports, &self.workspace);
        let (catalogue, library, timezone) = (Arc::clone(&parts.catalogue), Arc::clone(&parts.library), self.timezone.clone());
        let planner = Arc::clone(&parts.planner);
        let begun = Instant::now();
        let planned = tokio::task::spawn_blocking(move || {
            let context = PlanContext {
                catalogue: &catalogue,
                now,
                timezone: &timezone,
                credentials: &credentials,
                workflows: &workflows,
                samples: &samples,
                ranker: Some(&*library as &dyn ActionRanker),
            };
            planner.plan(&input.request(), &context)
        });
        Ok(match planned.await {
            Ok(outcome) => Event::Planned { outcome, usage: spent(begun) },
            Err(why) => {
                tracing::error!("the planner failed: {why}");
                Event::Failed { message: "the planner failed; this is a defect of Sayflow".into() }
            }
        })
    }

    async fn dry_run(&self, workflow: Workflow, network_reads: bool) -> Result<DryRunReport, String> {
        let compiled = self.app.parts.engine.compile(&workflow).map_err(|why| why.to_string())?;
        let request = StartRequest::by_hand(compiled, self.workspace.clone());
        let rules = DryRun { network: runs::network(network_reads), ..DryRun::default() };
        self.app.parts.engine.dry_run(request, rules).await.map(shorten::report).map_err(|why| why.to_string())
    }

    async fn save_draft(&mut self, parts: DraftParts) -> Result<DraftView, AppError> {
        let document = canonical(&parts.workflow)?;
        let unwritable = |why: serde_json::Error| AppError::Internal(format!("a draft cannot be written: {why}"));
        let id = self.app.parts.ids.new_id();
        let view = parts.into_view(DraftId(id.clone())).map_err(unwritable)?;
        self.drafts.push(DraftRow {
            id,
            thread: Some(self.thread.id.clone()),
            created: self.app.parts.clock.now().as_microsecond(),
            workspace: self.thread.workspace.clone(),
            document,
            body: serde_json::to_string(&view).map_err(unwritable)?,
        });
        self.add(ItemBody::Draft(view.clone()));
        self.save().await?;
        Ok(view)
    }

    fn view(&self, outcome: TurnOutcome) -> TurnView {
        let TurnOutcome { reply, draft, questions, cannot, usage } = outcome;
        let sound = draft.as_ref().filter(|draft| !draft.diagnostics.iter().any(Diagnostic::is_error));
        let approval = sound.and_then(|draft| self.approval(draft));
        let thread = ThreadId(self.thread.id.clone());
        TurnView {
            thread,
            reply,
            planner: self.app.parts.planner.name().to_owned(),
            draft,
            questions,
            approval,
            usage,
            cannot,
            run: None,
            pending: None,
            interrupted: false,
        }
    }

    /// What has to be approved before a draft is run; the same yes is good for the run of that draft.
    fn approval(&self, draft: &DraftView) -> Option<ApprovalView> {
        let workflow: Workflow = serde_json::from_value(draft.workflow.clone()).ok()?;
        let payload = approval::Payload {
            document: &canonical(&workflow).ok()?,
            inputs: &BTreeMap::new(),
            workspace: &self.thread.workspace,
            footprint: &draft.footprint,
        };
        let open = approval::needed(payload, Some(&words_of(&self.items)))?;
        Some(open.into_view(self.app.parts.ids.new_id().into(), &workflow.name))
    }
}

/// What came of an effect.
enum Step {
    Recorded,
    Answered(Box<Event>),
    Over(Box<TurnOutcome>),
}

fn answered(event: Event) -> Step {
    Step::Answered(Box::new(event))
}

fn spent(begun: Instant) -> Usage {
    Usage { planning_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX), ..Usage::default() }
}
