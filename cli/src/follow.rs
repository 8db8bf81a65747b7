//! Watching a run from its first event to its last, on a live terminal or in plain lines, and stopping it on Ctrl-C.

mod live;
mod plain;

use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::render::progress::{Change, Progress};
use crate::ui::{Output, Ui};
use jiff::{SignedDuration, Timestamp};
use live::LiveLines;
pub(crate) use live::frames;
use plain::PlainLines;
use sayflow_client::{Client, ClientError, EventStream};
use sayflow_protocol::api::run::Cancelled;
use sayflow_protocol::{RecordedEvent, RunView};
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};

/// How often a live screen moves.
pub(crate) const TICK: Duration = Duration::from_millis(100);
/// A pause up to this long is waited for even by those who did not ask to stay.
const SHORT_PAUSE: SignedDuration = SignedDuration::from_secs(60);

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
            Woken::Tick => watcher.lines.tick(),
            Woken::Interrupted if watcher.cancelled => {
                return Err(Failure { message: format!("Left at once; run {} may still be stopping.", run.id), ..Failure::interrupted() });
            }
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
                watcher.take(&event?)?;
                if watcher.progress.is_finished() {
                    return Ok(client.run(run.id.as_str()).await?);
                }
                if let Some(resting) = watcher.rests(patience).await? {
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
}

impl<'a> Watcher<'a> {
    fn new(ui: &'a Ui, client: &'a Client, run: &RunView) -> Self {
        let id_width = run.steps.iter().map(|step| crate::ui::text::width(&step.id)).max().unwrap_or(0).min(ui.err.width / 3);
        let lines =
            if ui.err.terminal { Lines::Live(LiveLines::new(ui.err, id_width)) } else { Lines::Plain(PlainLines::new(ui.err, id_width)) };
        let id = run.id.as_str().to_owned();
        Self { ui, client, events: client.run_events(&id, 0), id, progress: Progress::default(), lines, cancelled: false }
    }

    fn take(&mut self, event: &RecordedEvent) -> Result<(), Failure> {
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

    /// The run, when it has nothing to do for longer than somebody is willing to stay.
    async fn rests(&self, patience: Patience) -> Result<Option<RunView>, Failure> {
        let Ok(next) = self.progress.idle_until() else { return Ok(None) };
        let soon = next.is_some_and(|next| next.duration_since(Timestamp::now()) <= SHORT_PAUSE);
        if soon || patience == Patience::ToTheEnd {
            return Ok(None);
        }
        // The lines know the events so far; whether anything else is in progress only the server knows.
        let run = self.client.run(&self.id).await?;
        let resting = matches!(run.status, sayflow_protocol::RunStatus::Waiting | sayflow_protocol::RunStatus::Paused);
        Ok(resting.then_some(run))
    }
}
