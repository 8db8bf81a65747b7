//! A turn under way: carries out what the conversation machine wants done and brings back what came of it.

use super::super::threads::{item_row, words_of};
use super::super::workflows::canonical;
use super::super::{App, approval, locked};
use super::OwnReach;
use super::purse::Purse;
use super::queue::Entry;
use crate::error::AppError;
use crate::principal::Principal;
use sayflow_agent::conversation::{Conversation, DraftParts, Effect, Event, PlannerKind, TurnOutcome};
use sayflow_agent::model::Progress;
use sayflow_protocol::api::{ApprovalView, DraftView, Item, ItemBody, Stage, ThreadEvent, TurnProgress, TurnView};
use sayflow_protocol::{Diagnostic, DraftId, ThreadId, Workflow};
use sayflow_store::{DraftRow, ThreadRow, TurnRows};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long what is stopped may take to say what it has cost.
const GRACE: Duration = Duration::from_secs(1);

/// A turn under way.
pub(super) struct Hosted<'a> {
    pub(super) app: &'a App,
    pub(super) principal: Principal,
    pub(super) thread: ThreadRow,
    pub(super) workspace: PathBuf,
    pub(super) timezone: String,
    pub(super) reach: OwnReach,
    pub(super) cancel: CancellationToken,
    pub(super) teller: Teller,
    pub(super) purse: Purse,
    /// All items, those of this turn included.
    pub(super) items: Vec<ThreadEvent>,
    /// How many of them are stored.
    stored: usize,
    drafts: Vec<DraftRow>,
}

/// Passes on how far a turn is. Machine and planner both tell what they do; the same thing is told once.
pub(super) struct Teller {
    sender: mpsc::UnboundedSender<TurnProgress>,
    last: Mutex<Option<TurnProgress>>,
}

impl Progress for Teller {
    fn tell(&self, progress: TurnProgress) {
        if matches!(progress, TurnProgress::Stage { .. }) && locked(&self.last).replace(progress.clone()).as_ref() == Some(&progress) {
            return;
        }
        // Nobody listening is fine.
        let _ = self.sender.send(progress);
    }
}

impl Teller {
    pub(super) fn stage(&self, stage: Stage) {
        self.tell(TurnProgress::Stage { stage, detail: None });
    }
}

/// What came of an effect.
enum Step {
    Recorded,
    Answered(Box<Event>),
    Over(Box<TurnOutcome>),
}

impl<'a> Hosted<'a> {
    #[allow(clippy::too_many_arguments, reason = "called once; the parts of a turn come from as many places")]
    pub(super) async fn new(
        app: &'a App,
        principal: Principal,
        thread: ThreadRow,
        workspace: PathBuf,
        timezone: String,
        items: Vec<ThreadEvent>,
        reach: OwnReach,
        entry: &Entry,
        progress: mpsc::UnboundedSender<TurnProgress>,
    ) -> Result<Self, AppError> {
        let purse = app.purse(&thread.id).await?;
        let stored = items.len();
        let (cancel, teller) = (entry.cancel.clone(), Teller { sender: progress, last: Mutex::new(None) });
        Ok(Self { app, principal, thread, workspace, timezone, reach, cancel, teller, purse, items, stored, drafts: Vec::new() })
    }

    pub(super) async fn play(mut self, mut conversation: Conversation, first: Event) -> Result<TurnView, AppError> {
        let mut event = first;
        loop {
            let mut next = None;
            for effect in conversation.handle(event) {
                match Box::pin(self.perform(effect)).await? {
                    Step::Recorded => {}
                    Step::Answered(answer) => next = Some(*answer),
                    Step::Over(outcome) => return Ok(self.view(*outcome)),
                }
            }
            event = next.ok_or_else(|| AppError::Internal("the conversation stopped without an end".into()))?;
        }
    }

    async fn perform(&mut self, effect: Effect) -> Result<Step, AppError> {
        match effect {
            Effect::Record(body) => {
                self.add(body);
                Ok(Step::Recorded)
            }
            Effect::End(outcome) => {
                self.save().await?;
                Ok(Step::Over(Box::new(outcome)))
            }
            // What changes something is begun or not, and never left in its middle.
            Effect::SaveDraft(parts) if !self.cancel.is_cancelled() => Ok(answered(Event::Saved(self.save_draft(parts).await?))),
            Effect::Act(act) if !self.cancel.is_cancelled() => {
                self.save().await?;
                self.teller.stage(Stage::Acting);
                Ok(answered(Event::Acted(self.act(act).await)))
            }
            Effect::SaveDraft(_) | Effect::Act(_) => Ok(answered(Event::Interrupted)),
            effect => {
                self.save().await?;
                self.answer_unless_stopped(effect).await
            }
        }
    }

    /// Carries out what may be given up at any moment.
    async fn answer_unless_stopped(&self, effect: Effect) -> Result<Step, AppError> {
        let mut answer = Box::pin(self.answer(effect));
        let event = tokio::select! {
            biased;
            () = self.cancel.cancelled() => {
                // A call to a model hears of it too, and books what it has cost.
                let _ = tokio::time::timeout(GRACE, &mut answer).await;
                Event::Interrupted
            }
            event = &mut answer => event?,
        };
        Ok(answered(event))
    }

    async fn answer(&self, effect: Effect) -> Result<Event, AppError> {
        Ok(match effect {
            Effect::Understand(call) => {
                self.teller.stage(Stage::Understanding);
                Event::Understood(self.understand(call).await)
            }
            Effect::Say(call) => {
                self.teller.stage(Stage::Replying);
                Event::Said(self.say(call).await)
            }
            Effect::Load { workflow } => Event::Loaded(self.load(&workflow).await),
            Effect::Retrieve { text } => {
                self.teller.stage(Stage::Searching);
                Event::Retrieved(self.app.retrieve(&text).await?)
            }
            Effect::Plan(input) => {
                self.teller.stage(if input.findings.is_empty() { Stage::Outlining } else { Stage::Repairing });
                match input.planner {
                    PlannerKind::Model => self.plan_with_model(input).await?,
                    PlannerKind::Offline => self.plan_offline(input).await?,
                }
            }
            Effect::Check { workflow } => {
                self.teller.stage(Stage::Checking);
                Event::Checked(self.app.check_outcome(&workflow, &self.timezone).await?)
            }
            Effect::DryRun { workflow, network_reads } => {
                self.teller.stage(Stage::DryRun);
                Event::DryRan(self.dry_run(workflow, network_reads).await)
            }
            Effect::Judge { request, workflow, report } => {
                self.teller.stage(Stage::Comparing);
                self.judge(&request, &workflow, &report).await
            }
            Effect::Record(_) | Effect::SaveDraft(_) | Effect::Act(_) | Effect::End(_) => {
                return Err(AppError::Internal("an effect was carried out in the wrong place".into()));
            }
        })
    }

    fn add(&mut self, body: ItemBody) {
        let seq = self.items.last().map_or(0, |event| event.seq) + 1;
        self.items.push(ThreadEvent { seq, item: Item { at: self.app.parts.clock.now(), body } });
    }

    /// The number of the message that this turn is about: what is done because of it is done once.
    pub(super) fn key(&self) -> String {
        let said = self.items.iter().rev().find(|event| matches!(&event.item.body, ItemBody::Message { role, .. } if role == "user"));
        format!("turn:{}:{}", self.thread.id, said.map_or(0, |event| event.seq))
    }

    /// Makes durable what was said so far.
    async fn save(&mut self) -> Result<(), AppError> {
        if self.stored == self.items.len() && self.drafts.is_empty() {
            return Ok(());
        }
        let items = self.items[self.stored..].iter().map(|event| item_row(event.seq, event.item.clone())).collect::<Result<_, _>>()?;
        let rows = TurnRows { thread: self.thread.clone(), items, drafts: std::mem::take(&mut self.drafts) };
        self.app.save_items(rows).await?;
        self.stored = self.items.len();
        Ok(())
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
        let TurnOutcome { reply, draft, questions, cannot, usage, planner, approval, pending, run, proposal, interrupted } = outcome;
        let sound = draft.as_ref().filter(|draft| !draft.diagnostics.iter().any(Diagnostic::is_error));
        let approval = approval.or_else(|| sound.and_then(|draft| self.approval(draft)));
        let planner = match planner {
            PlannerKind::Model => planner.name(),
            PlannerKind::Offline => self.app.parts.planner.name(),
        };
        let thread = ThreadId(self.thread.id.clone());
        TurnView {
            thread,
            reply,
            planner: planner.to_owned(),
            draft,
            questions,
            approval,
            usage,
            cannot,
            run,
            pending,
            proposal,
            interrupted,
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

fn answered(event: Event) -> Step {
    Step::Answered(Box::new(event))
}
