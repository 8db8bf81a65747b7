//! Turns: a message comes in, the conversation machine says what is to be done, and it is done. A turn goes on to its end
//! whether or not somebody listens; whoever does is told how far it is.

mod act;
mod explain;
mod hosted;
mod models;
mod plan;
mod purse;
mod queue;
mod report;

pub(super) use queue::Turns;

use super::{App, Reach, workspace};
use crate::error::AppError;
use crate::principal::{Command, Principal};
use futures::FutureExt;
use hosted::Hosted;
use jiff::tz::TimeZone;
use queue::Entry;
use sayflow_agent::conversation::{Conversation, Event, Known, KnownWorkflow, Resumed, TurnPosted};
use sayflow_protocol::ThreadId;
use sayflow_protocol::api::{InterruptTurn, InterruptedTurn, PostTurn, TurnMessage, TurnProgress, TurnView};
use sayflow_store::ThreadRow;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use tokio::sync::{OwnedMutexGuard, mpsc, oneshot};

/// The longest message, in characters.
const LONGEST_TEXT: usize = 20_000;

/// A turn that was taken in.
pub struct StartedTurn {
    /// Its conversation.
    pub thread: ThreadId,
    /// Its name, by which it can be stopped.
    pub turn: String,
    /// How far it is, as it goes on; ends before the outcome is there.
    pub progress: mpsc::UnboundedReceiver<TurnProgress>,
    outcome: oneshot::Receiver<Result<TurnView, AppError>>,
}

impl StartedTurn {
    /// Waits for its end.
    ///
    /// # Errors
    /// See [`AppError`].
    pub async fn outcome(self) -> Result<TurnView, AppError> {
        self.outcome.await.unwrap_or_else(|_| Err(AppError::Internal("a turn ended without an outcome".into())))
    }

    /// All that is told of it, the last message being its outcome.
    pub fn into_messages(self) -> mpsc::UnboundedReceiver<TurnMessage> {
        let (sender, messages) = mpsc::unbounded_channel();
        // Nobody listening is fine: the turn goes on by itself.
        let _ = sender.send(TurnMessage::Begun { thread: self.thread.clone(), turn: self.turn.clone() });
        tokio::spawn(async move {
            let mut turn = self;
            while let Some(progress) = turn.progress.recv().await {
                let _ = sender.send(TurnMessage::Progress(progress));
            }
            let _ = sender.send(match turn.outcome().await {
                Ok(view) => TurnMessage::Turn(view),
                Err(why) => TurnMessage::Problem(why.to_problem()),
            });
        });
        messages
    }
}

/// How the outside reaches the server that took the turn in.
struct OwnReach {
    address: String,
    lasting: bool,
}

impl OwnReach {
    fn get(&self) -> Reach<'_> {
        Reach { address: &self.address, lasting: self.lasting }
    }
}

impl App {
    /// Says something in a conversation (`new` begins one, `last` goes on with the newest) and waits for what the agent
    /// makes of it. An empty message goes on with a turn that a process left in its middle.
    ///
    /// # Errors
    /// See [`AppError`].
    pub async fn post_turn(&self, principal: &Principal, thread: &str, turn: PostTurn) -> Result<TurnView, AppError> {
        let reach = Reach { address: &self.parts.address, lasting: false };
        self.start_turn(principal, thread, turn, reach).await?.outcome().await
    }

    /// The same without waiting. The turn goes on to its end, whatever becomes of who asked.
    ///
    /// # Errors
    /// When it cannot even begin. See [`AppError`].
    pub async fn start_turn(&self, principal: &Principal, thread: &str, turn: PostTurn, reach: Reach<'_>) -> Result<StartedTurn, AppError> {
        self.allow(principal, Command::PostTurn)?;
        let folder = workspace(&turn.workspace)?;
        if turn.text.chars().count() > LONGEST_TEXT {
            let message = format!("the message is longer than {LONGEST_TEXT} characters");
            return Err(AppError::invalid(message, "say it shorter, and put data into files that the request names"));
        }
        let now = self.parts.clock.now().as_microsecond();
        let row = match thread {
            "new" => {
                let state = "{}".to_owned();
                ThreadRow { id: self.parts.ids.new_id(), created: now, updated: now, workspace: turn.workspace.clone(), state }
            }
            _ => ThreadRow { updated: now, workspace: turn.workspace.clone(), ..self.thread_row(thread).await? },
        };
        let id = ThreadId(row.id.clone());
        let entry = self.parts.turns.enter(&id, self.parts.ids.new_id());
        // Asked for here, so that turns follow each other in the order in which they were posted.
        let mut lock = Box::pin(self.parts.turns.lock(&id));
        let held = futures::poll!(&mut lock);
        let (sender, progress) = mpsc::unbounded_channel();
        let (done, outcome) = oneshot::channel();
        let name = entry.name().to_owned();
        let case = Case {
            principal: principal.clone(),
            row,
            is_new: thread == "new",
            folder,
            turn,
            reach: OwnReach { address: reach.address.to_owned(), lasting: reach.lasting },
            progress: sender,
        };
        let app = self.clone();
        tokio::spawn(async move {
            let waited = async {
                match held {
                    std::task::Poll::Ready(held) => held,
                    std::task::Poll::Pending => lock.await,
                }
            };
            let played = AssertUnwindSafe(app.take_turn(waited, case, &entry)).catch_unwind().await;
            let played = played.unwrap_or_else(|_| Err(AppError::Internal("a turn failed; this is a defect of Sayflow".into())));
            // Nobody waiting is fine: all of it is in the thread.
            let _ = done.send(played);
        });
        Ok(StartedTurn { thread: id, turn: name, progress, outcome })
    }

    /// Stops the turn that is under way in a conversation, or the one that is named. What is stored stays.
    ///
    /// # Errors
    /// See [`AppError`].
    pub async fn interrupt_turn(&self, principal: &Principal, thread: &str, which: InterruptTurn) -> Result<InterruptedTurn, AppError> {
        self.allow(principal, Command::PostTurn)?;
        // A conversation whose first turn has just begun is not stored yet.
        let mut id = ThreadId(thread.to_owned());
        let mut was_active = self.parts.turns.interrupt(&id, which.turn.as_deref());
        if !was_active {
            id = ThreadId(self.thread_row(thread).await?.id);
            was_active = self.parts.turns.interrupt(&id, which.turn.as_deref());
        }
        Ok(InterruptedTurn { thread: id, was_active })
    }

    async fn take_turn(&self, waited: impl Future<Output = OwnedMutexGuard<()>>, case: Case, entry: &Entry) -> Result<TurnView, AppError> {
        let _held = tokio::select! {
            biased;
            held = waited => held,
            () = entry.cancel.cancelled() => {
                return Err(AppError::Conflict("the turn was stopped before it began; nothing of it was kept".into()));
            }
        };
        let Case { principal, row, is_new, folder, turn, reach, progress } = case;
        let items = if is_new { Vec::new() } else { self.items(entry.thread(), 0).await? };
        let conversation = Conversation::from_items(self.caps(), &items);
        let timezone = self.zone_for(turn.timezone.as_deref());
        let known = self.known().await?;
        let network_reads = turn.network_reads;
        let goes_on = turn.text.trim().is_empty() && turn.answers.is_empty() && conversation.is_unfinished();
        let first = if goes_on {
            Event::Resumed(Resumed { timezone: timezone.clone(), network_reads, known })
        } else {
            Event::TurnPosted(TurnPosted { text: turn.text, answers: turn.answers, timezone: timezone.clone(), network_reads, known })
        };
        let hosted = Hosted::new(self, principal, row, folder, timezone, items, reach, entry, progress).await?;
        Box::pin(hosted.play(conversation, first)).await
    }

    /// What the conversation machine is told of the installation.
    async fn known(&self) -> Result<Known, AppError> {
        let mut workflows = Vec::new();
        for row in self.parts.store.list_workflows().await? {
            let summary = super::workflows::summary(&row)?;
            workflows.push(KnownWorkflow { name: summary.name, description: summary.description, active: summary.active });
        }
        Ok(Known { workflows, planner: self.best_planner() })
    }

    /// The lock that keeps a conversation's turns apart.
    pub(super) async fn turn_lock(&self, id: &ThreadId) -> OwnedMutexGuard<()> {
        self.parts.turns.lock(id).await
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

/// A turn that waits for its place.
struct Case {
    principal: Principal,
    row: ThreadRow,
    is_new: bool,
    folder: PathBuf,
    turn: PostTurn,
    reach: OwnReach,
    progress: mpsc::UnboundedSender<TurnProgress>,
}
