//! Watching a run from its first event to its last, on a live terminal or in plain lines, asking the person there what it
//! asks, and stopping it on Ctrl-C.

mod live;
mod plain;

use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::points::{self, Asked};
use crate::render::progress::{Change, Progress};
use crate::ui::{Output, Ui};
use jiff::{SignedDuration, Timestamp};
use live::LiveLines;
pub(crate) use live::frames;
use plain::PlainLines;
use sayflow_client::{Client, ClientError, EventStream};
use sayflow_protocol::api::run::Cancelled;
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{Effect, Event, RecordedEvent, RunStatus, RunView};
use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinSet};

/// How often a live screen moves.
pub(crate) const TICK: Duration = Duration::from_millis(100);
/// A pause up to this long is waited for even by those who did not ask to stay.
const SHORT_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// After so long without an event, the server is asked whether the run rests for a reason that no event tells.
const QUIET: Duration = Duration::from_millis(300);
/// How long until it is asked again.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// The longest that somebody who leaves at once is kept.
const LAST_LOOK: Duration = Duration::from_millis(300);
/// Runs that call runs are looked into so deep.
const CALLS: usize = 8;

/// How long somebody stays with a run that has nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Until its next moment is more than a minute away or only a person can bring it on.
    ShortPauses,
    /// Until it has ended.
    ToTheEnd,
}

/// Where the lines go.
enum Lines {
    Live(LiveLines),
    Plain(PlainLines),
}

impl Lines {
    fn show(&mut self, change: &Change, progress: &Progress) {
        match self {
            Self::Live(lines) => lines.show(change, progress),
            Self::Plain(lines) => lines.show(change, progress),
        }
    }

    fn tick(&self) {
        if let Self::Live(lines) = self {
            lines.tick();
        }
    }

    fn note(&self, text: &str) {
        match self {
            Self::Live(lines) => lines.note(text),
            Self::Plain(lines) => lines.note(text),
        }
    }
}

/// What is said when somebody else stops the run.
fn cancelled_by(by: &str) -> String {
    format!("Cancelled by {}; waiting for its steps to stop.", crate::ui::text::one_line(by))
}

/// What woke the watcher.
#[allow(clippy::large_enum_variant, reason = "made and taken apart at once")]
enum Woken {
    Event(Option<Result<RecordedEvent, ClientError>>),
    Interrupted,
    CancelAnswered(Result<Result<Cancelled, ClientError>, JoinError>),
    Tick,
}

/// Watches a run until it has ended or has nothing to do for long. The first Ctrl-C cancels it and goes on watching until
/// it has stopped; the second one leaves at once.
pub async fn follow(ui: &Ui, client: &Client, run: RunView, interrupts: &mut Interrupts, patience: Patience) -> Result<RunView, Failure> {
    let mut watcher = Watcher::new(ui, client, &run);
    let mut cancelling: JoinSet<Result<Cancelled, ClientError>> = JoinSet::new();
    let mut ticks = tokio::time::interval(TICK);
    loop {
        let woken = tokio::select! {
            event = watcher.events.next() => Woken::Event(event),
            () = interrupts.next() => Woken::Interrupted,
            Some(answer) = cancelling.join_next() => Woken::CancelAnswered(answer),
            _ = ticks.tick() => Woken::Tick,
        };
        match woken {
            Woken::Tick => {
                watcher.lines.tick();
                if watcher.is_quiet()
                    && let Some(resting) = watcher.looks_at_rest(patience).await?
                    && watcher.ask(&resting, interrupts).await? == Asked::Left
                {
                    return Ok(resting);
                }
            }
            Woken::Interrupted if watcher.cancelled => return Err(watcher.left_at_once().await),
            Woken::Interrupted => {
                watcher.cancelled = true;
                watcher.lines.note("Cancelling the run; Ctrl-C again leaves at once.");
                // The answer comes when the run has stopped; until then Ctrl-C and the events go on being heard.
                let (client, id) = (client.clone(), run.id.clone());
                cancelling.spawn(async move { client.cancel_run(id.as_str()).await });
            }
            Woken::CancelAnswered(Ok(answer)) => {
                answer?;
            }
            Woken::CancelAnswered(Err(_)) => {}
            Woken::Event(None) => return Ok(client.run(run.id.as_str()).await?),
            Woken::Event(Some(event)) => {
                let event = event.map_err(|error| watcher.lost(error))?;
                watcher.take(&event)?;
                if watcher.progress.is_finished() {
                    return Ok(client.run(run.id.as_str()).await?);
                }
                if let Some(resting) = watcher.rests(patience).await?
                    && watcher.ask(&resting, interrupts).await? == Asked::Left
                {
                    return Ok(resting);
                }
            }
        }
    }
}

struct Watcher<'a> {
    ui: &'a Ui,
    client: &'a Client,
    id: String,
    events: EventStream<RecordedEvent>,
    progress: Progress,
    lines: Lines,
    /// Whether it was this process that asked for the run to stop.
    cancelled: bool,
    /// Writes that are being sent.
    sending: BTreeSet<String>,
    /// What the person was asked already.
    asked: HashSet<String>,
    /// When the server is asked whether the run rests, unless an event comes before.
    look_at: Instant,
}

impl<'a> Watcher<'a> {
    fn new(ui: &'a Ui, client: &'a Client, run: &RunView) -> Self {
        let id_width = run.steps.iter().map(|step| crate::ui::text::width(&step.id)).max().unwrap_or(0).min(ui.err.width / 3);
        let lines =
            if ui.err.terminal { Lines::Live(LiveLines::new(ui.err, id_width)) } else { Lines::Plain(PlainLines::new(ui.err, id_width)) };
        let id = run.id.as_str().to_owned();
        Self {
            ui,
            client,
            events: client.run_events(&id, 0),
            id,
            progress: Progress::default(),
            lines,
            cancelled: false,
            sending: BTreeSet::new(),
            asked: HashSet::new(),
            look_at: Instant::now() + QUIET,
        }
    }

    fn take(&mut self, event: &RecordedEvent) -> Result<(), Failure> {
        self.look_at = Instant::now() + QUIET;
        self.remember_writes(&event.event);
        if self.ui.output == Output::Jsonl {
            self.ui.json(event)?;
        }
        match self.progress.apply(event) {
            Some(Change::CancelRequested(_)) if self.cancelled => {}
            Some(change) => self.lines.show(&change, &self.progress),
            None => {}
        }
        Ok(())
    }

    fn remember_writes(&mut self, event: &Event) {
        match event {
            Event::StepStarted { key, effect: Effect::Write, .. } => {
                self.sending.insert(key.to_string());
            }
            Event::StepSucceeded { key, .. }
            | Event::StepFailed { key, .. }
            | Event::StepOutcomeUnknown { key, .. }
            | Event::StepWaiting { key, .. }
            | Event::StepCancelled { key, .. } => {
                self.sending.remove(&key.to_string());
            }
            _ => {}
        }
    }

    /// What somebody has to know who does not wait for the run to stop.
    async fn left_at_once(&mut self) -> Failure {
        // Events may be on their way; whoever leaves at once does not wait for them for long.
        let last = self.events.last_seen();
        if let Ok(Ok(missed)) = tokio::time::timeout(LAST_LOOK, self.client.run_journal(&self.id, last)).await {
            missed.events.iter().for_each(|event| self.remember_writes(&event.event));
        }
        let id = &self.id;
        let mut message = format!("Left at once; run {id} may still be stopping.");
        if !self.sending.is_empty() {
            let steps = self.sending.iter().map(|step| crate::ui::text::one_line(step)).collect::<Vec<_>>().join(", ");
            message.push_str(&format!(" Nobody knows yet whether these writes arrived: {steps}. See: sayflow runs show {id}"));
        }
        Failure { message, ..Failure::interrupted() }
    }

    /// The server has gone; the run has not.
    fn lost(&self, error: ClientError) -> Failure {
        let gone = matches!(error, ClientError::Unreachable { .. });
        let failure = Failure::from(error);
        if gone {
            failure.help(format!("The run is kept and goes on with the next server: sayflow runs show {}", self.id))
        } else {
            failure
        }
    }

    fn is_quiet(&self) -> bool {
        !self.cancelled && Instant::now() >= self.look_at
    }

    /// Asks the person what the run asks. What was left undecided once is not asked again.
    async fn ask(&mut self, run: &RunView, interrupts: &mut Interrupts) -> Result<Asked, Failure> {
        if !self.ui.is_interactive() || self.cancelled {
            return Ok(Asked::Left);
        }
        points::ask(self.ui, self.client, run, interrupts, &mut self.asked).await
    }

    /// The run, when it waits for something that its own events do not tell: somebody paused it, or a run that it called
    /// waits for a person.
    async fn looks_at_rest(&mut self, patience: Patience) -> Result<Option<RunView>, Failure> {
        self.look_at = Instant::now() + LOOK_AGAIN;
        if patience == Patience::ToTheEnd && !self.ui.is_interactive() {
            return Ok(None);
        }
        // An event may be seen a moment before the run is left.
        if let Some(run) = self.rests(patience).await? {
            return Ok(Some(run));
        }
        let run = self.client.run(&self.id).await?;
        let mut resting = is_at_rest(&run);
        let mut called = called_by(&run);
        for _ in 0..CALLS {
            let Some(id) = called else { break };
            let run = self.client.run(&id).await?;
            resting = is_at_rest(&run);
            called = called_by(&run);
        }
        Ok((resting && called.is_none()).then_some(run))
    }

    /// The run, when it has nothing to do for longer than somebody is willing to stay.
    async fn rests(&self, patience: Patience) -> Result<Option<RunView>, Failure> {
        let Ok(next) = self.progress.idle_until() else { return Ok(None) };
        let soon = next.is_some_and(|next| next.duration_since(Timestamp::now()) <= SHORT_PAUSE);
        if soon || (patience == Patience::ToTheEnd && !self.ui.is_interactive()) {
            return Ok(None);
        }
        // The lines know the events so far; whether anything else is in progress only the server knows.
        let run = self.client.run(&self.id).await?;
        let resting = matches!(run.status, RunStatus::Waiting | RunStatus::Paused);
        Ok(resting.then_some(run))
    }
}

/// Whether nothing happens until somebody does something.
fn is_at_rest(run: &RunView) -> bool {
    let told = run.open.iter().any(|point| !matches!(point, OpenPoint::Call { .. } | OpenPoint::Store { .. }));
    told && matches!(run.status, RunStatus::Waiting | RunStatus::Paused)
}

/// The run that a run waits for, where it waits for nothing else.
fn called_by(run: &RunView) -> Option<String> {
    match run.open.as_slice() {
        [OpenPoint::Call { run, .. }] => Some(run.as_str().to_owned()),
        _ => None,
    }
}
