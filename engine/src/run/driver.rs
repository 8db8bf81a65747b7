//! Drives one run: drains the core's commands, performs them against the ports, journals what happened and feeds it
//! back. Intent is durable before a write is sent; results of pure steps and reads ride with the next intent or the
//! end.
//!
//! Cancelling drops what is in flight, except writes that must not be repeated: those get a moment to answer and are
//! reported as unknown if they do not.

mod attempts;
mod questions;

use super::command::{Command, Question};
use super::dry::DryRun;
use super::executor::{Ending, Executor, Prepared};
use super::journal::Journal;
use super::state::RunState;
use crate::action::StepError;
use crate::expr::EvalError;
use futures::future::{AbortHandle, BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use sayflow_protocol::{Event, InstanceKey, RunId, RunStatus};
use sayflow_store::StoreError;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long results may wait for company before they are made durable while the run is idle.
const LINGER: Duration = Duration::from_millis(8);
/// How long a write that must not be repeated may still answer after a cancel.
const GRACE: Duration = Duration::from_secs(5);
/// What somebody wants of a run.
#[derive(Debug, Clone)]
pub(super) enum Control {
    /// Stop it.
    Cancel {
        /// Who asked.
        by: String,
    },
}

/// What came back from something that was begun.
enum Note {
    Answered { question: Question, answer: Result<Value, EvalError> },
    Prepared { key: InstanceKey, attempt: u32, prepared: Result<Prepared, StepError>, now: Zoned },
    Ended { key: InstanceKey, attempt: u32, ending: Ending },
    Dropped,
    GraceOver { key: InstanceKey },
}

/// Why a run stopped being driven before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the run cannot go on: {0}")]
    Broken(String),
}

/// One run while it is driven.
pub(super) struct Driver {
    pub(super) run: RunId,
    pub(super) state: RunState,
    pub(super) journal: Journal,
    pub(super) executor: Executor,
    pub(super) zone: TimeZone,
    pub(super) dry: Option<DryRun>,
    pub(super) work: InFlight,
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

/// An attempt that is about to be sent.
struct Launch {
    key: InstanceKey,
    attempt: u32,
    prepared: Prepared,
    now: Zoned,
}

impl Driver {
    /// Drives the run to its end.
    ///
    /// # Errors
    /// When the store cannot write; what is durable can be taken up again later.
    pub(super) async fn drive(mut self, mut control: mpsc::Receiver<Control>) -> Result<Self, Stopped> {
        let mut controllable = true;
        loop {
            self.drain().await?;
            if self.state.status().is_final() {
                self.journal.flush(&self.state).await?;
                return Ok(self);
            }
            let wake = self.state.next_wake();
            if self.work.notes.is_empty() && wake.is_none() && self.state.status() == RunStatus::Running {
                return Err(Stopped::Broken("nothing is left to do, and yet it has not ended".into()));
            }
            let clock = self.executor.ports.clock.clone();
            tokio::select! {
                biased;
                asked = control.recv(), if controllable => match asked {
                    Some(Control::Cancel { by }) => self.record(Event::CancelRequested { by })?,
                    None => controllable = false,
                },
                Some(note) = self.work.notes.next(), if !self.work.notes.is_empty() => self.take_ready(note)?,
                () = async { if let Some(at) = wake { clock.sleep_until(at).await } }, if wake.is_some() => {}
                () = tokio::time::sleep(LINGER), if self.journal.is_dirty() => self.journal.flush(&self.state).await?,
            }
        }
    }

    /// Performs commands until there are none, and sends what was prepared.
    async fn drain(&mut self) -> Result<(), Stopped> {
        loop {
            let commands = self.state.next(self.now());
            if commands.is_empty() && self.work.launches.is_empty() {
                return Ok(());
            }
            for command in commands {
                match command {
                    Command::Record(event) => self.record(event)?,
                    Command::Evaluate(question) => self.ask(question)?,
                    Command::Execute { key, attempt } => self.prepare(key, attempt)?,
                    Command::Abort { key } => self.abort(&key)?,
                }
            }
            if !self.work.launches.is_empty() {
                self.journal.flush(&self.state).await?;
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
        }
    }

    fn now(&self) -> Timestamp {
        self.executor.ports.clock.now()
    }

    fn record(&mut self, event: Event) -> Result<(), Stopped> {
        let recorded = self.journal.add(self.now(), event);
        self.state.apply(&recorded).map_err(|why| Stopped::Broken(why.to_string()))
    }
}
