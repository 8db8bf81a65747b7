//! A turn as it goes on: what it is about beside a spinner, words of the reply as they come, and Ctrl-C, which stops it on
//! the server.

use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::ui::screen::Screen;
use crate::ui::{Output, Ui, text};
use indicatif::{ProgressBar, ProgressStyle};
use sayflow_client::{Client, ClientError};
use sayflow_protocol::ThreadId;
use sayflow_protocol::api::{InterruptedTurn, PostTurn, Stage, TurnMessage, TurnProgress, TurnView};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// A plan that is ready sooner needs no spinner.
const PATIENCE: Duration = Duration::from_millis(150);
/// How long a turn that was told to stop may take to say how it ended.
const LAST_WORD: Duration = Duration::from_secs(5);

/// A turn that has ended.
pub(super) struct Told {
    pub(super) turn: TurnView,
    /// Whether its reply stands on the screen already.
    pub(super) reply_shown: bool,
}

/// Posts a turn and follows it to its end. The first Ctrl-C stops it on the server and waits for its last word; the second
/// one leaves at once.
pub(super) async fn follow(ui: &Ui, client: &Client, thread: &str, turn: &PostTurn, interrupts: &mut Interrupts) -> Result<Told, Failure> {
    let mut shown = Shown::new(ui);
    let mut stopping: JoinSet<Result<InterruptedTurn, ClientError>> = JoinSet::new();
    let mut begun: Option<(ThreadId, String)> = None;
    let mut deadline = None;
    let mut ticks = tokio::time::interval(crate::follow::TICK);
    // A spinner is of use before the server has answered, too.
    let mut opening = Box::pin(client.stream_turn(thread, turn));
    let mut stream = loop {
        tokio::select! {
            opened = &mut opening => break opened?,
            () = interrupts.next() => return Err(shown.stopped()),
            _ = ticks.tick() => shown.tick(),
        }
    };
    loop {
        let message = tokio::select! {
            message = stream.next() => message,
            () = interrupts.next() => {
                let Some((thread, turn)) = begun.clone().filter(|_| deadline.is_none()) else { return Err(shown.stopped()) };
                deadline = Some(Instant::now() + LAST_WORD);
                shown.say("Stopping");
                let client = client.clone();
                stopping.spawn(async move { client.interrupt_turn(thread.as_str(), Some(&turn)).await });
                continue;
            }
            Some(_) = stopping.join_next() => continue,
            () = until(deadline) => return Err(shown.stopped()),
            _ = ticks.tick() => {
                shown.tick();
                continue;
            }
        };
        let message = message.ok_or_else(|| Failure::new("unexpected", "The server ended the turn without an outcome."))??;
        if ui.output == Output::Jsonl {
            ui.json(&message)?;
        }
        match message {
            TurnMessage::Begun { thread, turn } => begun = Some((thread, turn)),
            TurnMessage::Progress(progress) => shown.progress(&progress)?,
            TurnMessage::Turn(turn) => {
                let reply_shown = shown.end(&turn.reply)?;
                return Ok(Told { turn, reply_shown });
            }
            TurnMessage::Problem(problem) => {
                shown.clear();
                return Err(problem.into());
            }
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// What is on the screen of a turn that goes on.
struct Shown<'a> {
    ui: &'a Ui,
    began: Instant,
    spinner: Option<ProgressBar>,
    words: String,
    /// The reply as far as it was streamed.
    streamed: String,
}

impl<'a> Shown<'a> {
    fn new(ui: &'a Ui) -> Self {
        Self { ui, began: Instant::now(), spinner: None, words: "Planning".to_owned(), streamed: String::new() }
    }

    fn screen(&self) -> &Screen {
        &self.ui.err
    }

    fn tick(&mut self) {
        let visible = self.ui.is_text() && self.screen().terminal && self.streamed.is_empty();
        if !visible || self.began.elapsed() < PATIENCE {
            return;
        }
        let message = self.message();
        let screen = &self.ui.err;
        let spinner = self.spinner.get_or_insert_with(|| {
            let template = if screen.color { "{spinner:.cyan} {msg}" } else { "{spinner} {msg}" };
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
            ProgressBar::new_spinner().with_style(style.tick_strings(crate::follow::frames(screen)))
        });
        spinner.set_message(message);
        spinner.tick();
    }

    fn message(&self) -> String {
        let line = format!("{}{}", self.words, self.screen().pick("…", "..."));
        self.screen().cut_to(&line, self.screen().width.saturating_sub(4))
    }

    fn say(&mut self, words: &str) {
        words.clone_into(&mut self.words);
        if self.spinner.is_none() && !self.screen().terminal && self.ui.is_text() && words == "Stopping" {
            self.ui.note("Stopping the turn; Ctrl-C again leaves at once.");
        }
    }

    fn progress(&mut self, progress: &TurnProgress) -> Result<(), Failure> {
        match progress {
            TurnProgress::Stage { stage, detail } => {
                let detail = detail.as_deref().map(|detail| format!(" ({})", text::one_line(detail))).unwrap_or_default();
                let words = format!("{}{detail}", in_words(*stage));
                self.say(&words);
                Ok(())
            }
            // Elsewhere the whole reply comes at the end.
            TurnProgress::Text { delta } if self.ui.is_text() && self.ui.out.terminal => {
                self.clear();
                self.streamed.push_str(delta);
                self.ui.result(&text::lines(delta))
            }
            TurnProgress::Text { .. } => Ok(()),
        }
    }

    fn clear(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }

    /// Whether the reply was streamed as it is.
    fn end(&mut self, reply: &str) -> Result<bool, Failure> {
        self.clear();
        if self.streamed.is_empty() {
            return Ok(false);
        }
        self.ui.result("\n")?;
        Ok(self.streamed.trim() == reply.trim())
    }

    fn stopped(&mut self) -> Failure {
        self.clear();
        Failure::interrupted()
    }
}

/// What a turn is about.
fn in_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Understanding => "Understanding",
        Stage::Searching => "Searching",
        Stage::Outlining => "Planning the steps",
        Stage::Filling => "Filling in the steps",
        Stage::Checking => "Checking",
        Stage::DryRun => "Trying it in a dry run",
        Stage::Comparing => "Comparing it with the request",
        Stage::Repairing => "Mending",
        Stage::Acting => "Working",
        Stage::Replying => "Replying",
    }
}
