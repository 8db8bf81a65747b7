//! Drives one run: drains the core's commands, performs them against the ports, journals what happened and feeds it
//! back. Intent is durable before a write is sent; results of pure steps and reads ride with the next intent, the
//! answer or the end.
//!
//! A run that has nothing to do until a time, a person's word or another run's end is parked: its driver ends, and
//! nothing of it stays in memory. Cancelling drops what is in flight, except writes that must not be repeated: those get
//! a moment to answer and are reported as unknown if they do not.

mod attempts;
mod calls;
mod orders;
mod questions;
mod records;

use super::command::{Command, Question};
use super::dry::DryRun;
use super::executor::{Ending, Executor, Prepared};
use super::journal::Journal;
use super::order::Control;
use super::state::RunState;
use super::{Answer, Engine};
use crate::action::StepError;
use crate::expr::EvalError;
use crate::footprint::SeenPlaces;
use futures::future::{AbortHandle, BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use sayflow_protocol::{Event, InstanceKey, RunError, RunId, RunStatus};
use sayflow_store::StoreError;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long results may wait for company before they are made durable while the run is idle.
const LINGER: Duration = Duration::from_millis(8);
/// How long a write that must not be repeated may still answer after a cancel.
const GRACE: SignedDuration = SignedDuration::from_secs(5);
/// Waits up to this long are not worth being parked for.
const SOON: SignedDuration = SignedDuration::from_millis(250);

/// What came back from something that was begun.
enum Note {
    Answered { question: Question, answer: Result<Value, EvalError> },
    Prepared { key: InstanceKey, attempt: u32, prepared: Result<Prepared, StepError>, now: Zoned },
    Ended { key: InstanceKey, attempt: u32, ending: Ending },
    Dropped,
    GraceOver { key: InstanceKey },
    CallMade { key: InstanceKey, made: Result<(), RunError> },
}

/// Why a run stopped being driven before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the run cannot go on: {0}")]
    Broken(String),
    #[error("it was started before as run {0}")]
    Duplicate(RunId),
}

/// Why a driver has nothing more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// The run has ended.
    Ended,
    /// It waits, and the store knows for what.
    Parked,
    /// The process is about to end; the run is taken up again by the next one.
    Drained,
}

/// One run while it is driven.
pub(super) struct Driver {
    pub(super) run: RunId,
    pub(super) state: RunState,
    pub(super) journal: Journal,
    pub(super) executor: Executor,
    pub(super) zone: TimeZone,
    /// A dry run's rules and findings; none for a real run.
    pub(super) dry: Option<DryRun>,
    /// The engine, for the runs that this one calls; none in a dry run.
    pub(super) engine: Option<Engine>,
    pub(super) seen: SeenPlaces,
    pub(super) waiters: Waiters,
    /// What keeps the store from writing, for whoever looks at the run.
    pub(super) trouble: Arc<Mutex<Option<String>>>,
    pub(super) draining: bool,
    pub(super) work: InFlight,
}

/// Who waits for the run to be stored, or to answer.
#[derive(Default)]
pub(super) struct Waiters {
    pub(super) born: Option<oneshot::Sender<Result<(), StoreError>>>,
    pub(super) answer: Option<oneshot::Sender<Answer>>,
}

/// Everything that was begun and has not come back.
#[derive(Default)]
pub(super) struct InFlight {
    notes: FuturesUnordered<BoxFuture<'static, Note>>,
    attempts: HashMap<InstanceKey, Attempt>,
    /// Attempts whose intent is journalled and must become durable before they are sent.
    launches: Vec<Launch>,
}

/// An attempt in flight.
struct Attempt {
    number: u32,
    abort: AbortHandle,
    /// Whether it is a write that must not be repeated, and was sent.
    delicate: bool,
}

/// Something that happens outside and must be durable as an intent before.
enum Launch {
    Attempt { key: InstanceKey, attempt: u32, prepared: Prepared, now: Zoned },
    Call { key: InstanceKey, run: RunId, workflow: String, inputs: Value },
}

impl Launch {
    fn key(&self) -> &InstanceKey {
        match self {
            Self::Attempt { key, .. } | Self::Call { key, .. } => key,
        }
    }
}

impl Driver {
    /// Drives the run to its end, or until it can be parked. `park` says whether the run may leave: nobody has told it
    /// anything since.
    ///
    /// # Errors
    /// When the journal cannot be gone on with, or the store fails in a way that does not pass; what is durable can be
    /// taken up again later.
    pub(super) async fn drive(
        mut self,
        mut control: mpsc::Receiver<Control>,
        park: impl Fn(&mpsc::Receiver<Control>) -> bool,
    ) -> Result<(Self, Left), Stopped> {
        let mut controllable = true;
        // Whatever is left to do is left to the next process.
        self.draining = self.engine.as_ref().is_some_and(Engine::is_stopping);
        let stopping = self.engine.as_ref().map(Engine::stopping);
        let mut stopping = std::pin::pin!(futures::future::OptionFuture::from(stopping));
        self.look().await?;
        loop {
            self.drain().await?;
            if self.state.status().is_final() {
                self.flush(Left::Ended).await?;
                return Ok((self, Left::Ended));
            }
            // What is there already is taken in before anything is made durable.
            if let Some(Some(note)) = self.work.notes.next().now_or_never() {
                self.take_ready(note)?;
                continue;
            }
            let wake = self.state.next_wake();
            // Leaving tells whoever waits, too, and costs no commit of its own.
            if self.may_park(wake) {
                self.flush(Left::Parked).await?;
                if park(&control) {
                    self.tell_answer();
                    return Ok((self, Left::Parked));
                }
            }
            self.satisfy_waiters().await?;
            if self.draining && self.work.attempts.is_empty() {
                self.flush(Left::Drained).await?;
                return Ok((self, Left::Drained));
            }
            if self.work.notes.is_empty() && wake.is_none() && self.is_stuck() {
                return Err(Stopped::Broken("nothing is left to do, and yet it has not ended".into()));
            }
            let clock = self.executor.ports.clock.clone();
            tokio::select! {
                biased;
                asked = control.recv(), if controllable => match asked {
                    Some(asked) => self.obey(asked).await?,
                    None => controllable = false,
                },
                Some(note) = self.work.notes.next(), if !self.work.notes.is_empty() => self.take_ready(note)?,
                Some(()) = &mut stopping, if !self.draining => self.draining = true,
                () = async { if let Some(at) = wake { clock.sleep_until(at).await } }, if wake.is_some() && !self.draining => {}
                () = tokio::time::sleep(LINGER), if self.journal.is_dirty() => self.flush_midway().await?,
            }
        }
    }

    fn may_park(&self, wake: Option<Timestamp>) -> bool {
        let rests = matches!(self.state.status(), RunStatus::Waiting | RunStatus::Paused);
        let soon = wake.is_some_and(|at| at.duration_since(self.now()) <= SOON);
        rests && !soon && self.dry.is_none() && self.work.notes.is_empty() && self.work.launches.is_empty()
    }

    /// Whether nothing can ever come back.
    fn is_stuck(&self) -> bool {
        !self.draining && self.state.status() == RunStatus::Running && self.state.calls().is_empty()
    }

    /// Performs commands until there are none, and sends what was prepared.
    async fn drain(&mut self) -> Result<(), Stopped> {
        loop {
            let now = self.now();
            // A timer that rings now has rung for whoever folds the journal, even when the clock is set back in between.
            self.journal.not_before(now);
            let commands = self.state.next(now);
            if commands.is_empty() && self.work.launches.is_empty() {
                return Ok(());
            }
            for command in commands {
                // What was done for the commands before it may have answered it.
                if !self.state.is_wanted(&command) {
                    continue;
                }
                match command {
                    Command::Record(event) => self.record(event)?,
                    // The next process finds them in the journal again.
                    Command::Evaluate(_) | Command::Execute { .. } if self.draining => {}
                    Command::Evaluate(question) => self.ask(question)?,
                    Command::Execute { key, attempt } => self.prepare(key, attempt)?,
                    Command::Abort { key } => self.abort(&key)?,
                }
            }
            if !self.work.launches.is_empty() {
                self.flush_midway().await?;
                for launch in std::mem::take(&mut self.work.launches) {
                    self.launch(launch)?;
                }
            }
        }
    }

    /// Takes a note and all others that are there already, so that their events share a commit.
    fn take_ready(&mut self, first: Note) -> Result<(), Stopped> {
        self.take(first)?;
        while let Some(Some(note)) = self.work.notes.next().now_or_never() {
            self.take(note)?;
        }
        Ok(())
    }

    fn take(&mut self, note: Note) -> Result<(), Stopped> {
        match note {
            Note::Answered { question, answer } => self.answered(question, answer),
            Note::Prepared { key, attempt, prepared, now } => self.prepared(key, attempt, prepared, now),
            Note::Ended { key, attempt, ending } => self.ended(key, attempt, ending),
            Note::Dropped => Ok(()),
            Note::GraceOver { key } => self.grace_over(&key),
            Note::CallMade { key, made } => self.call_made(&key, made),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.executor.ports.clock.now()
    }

    fn record(&mut self, event: Event) -> Result<(), Stopped> {
        let recorded = self.journal.add(self.now(), event);
        self.state.apply(recorded).map_err(|why| Stopped::Broken(why.to_string()))
    }
}
