//! Going through a run step by step: each attempt is shown with what went in and what came out, and the run stops before
//! the next one until somebody says how far it goes.

use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::render::attempt::{self, Ending};
use crate::ui::{Output, Ui, prompt, text};
use sayflow_client::{Client, ClientError, EventStream};
use sayflow_protocol::event::Advance;
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{Event, RecordedEvent, RunStatus, RunView};
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

/// After so long without an event, the server is asked where the run stands.
const QUIET: Duration = Duration::from_millis(120);

/// Goes through a run, from the events behind number `after`, until it has ended or waits for somebody. At a terminal the
/// person says how far it goes; elsewhere it stops at the first stop.
pub async fn go_through(ui: &Ui, client: &Client, id: &str, after: u64, interrupts: &mut Interrupts) -> Result<RunView, Failure> {
    let mut watcher = Watcher { ui, client, id, events: client.run_events(id, after), inputs: HashMap::new() };
    loop {
        let Some(run) = watcher.until_rest(interrupts).await? else {
            ui.note("Cancelling the run; Ctrl-C again leaves at once.");
            interrupts.guard(async { Ok(client.cancel_run(id).await?) }).await?;
            return Ok(client.run(id).await?);
        };
        let stops: Vec<String> = run.open.iter().filter_map(stop_before).collect();
        if stops.is_empty() || !ui.is_interactive() {
            return Ok(run);
        }
        let Some(to) = how_far(ui, &stops, interrupts).await? else { return Ok(run) };
        interrupts.guard(async { Ok(client.advance_run(id, to).await?) }).await?;
    }
}

fn stop_before(point: &OpenPoint) -> Option<String> {
    match point {
        OpenPoint::Step { step } => Some(step.to_string()),
        _ => None,
    }
}

async fn how_far(ui: &Ui, stops: &[String], interrupts: &mut Interrupts) -> Result<Option<Advance>, Failure> {
    let next = text::one_line(&stops.join(", "));
    let choices = ["Next step", "Until a step…", "To the end", "Quit: leave it as it stands"];
    let choices = choices.map(|choice| if ui.err.unicode { choice.to_owned() } else { choice.replace('…', "...") });
    let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
    loop {
        let chosen = interrupts.guard(prompt::pick(ui, &format!("It stops before {next}."), &choices)).await?;
        return Ok(match chosen {
            Some(0) => Some(Advance::Step),
            Some(1) => match interrupts.guard(prompt::line(ui, "Until which step?")).await? {
                Some(step) => Some(Advance::Until(step)),
                None => continue,
            },
            Some(2) => Some(Advance::End),
            _ => None,
        });
    }
}

struct Watcher<'a> {
    ui: &'a Ui,
    client: &'a Client,
    id: &'a str,
    events: EventStream<RecordedEvent>,
    /// What went into attempts that have not ended.
    inputs: HashMap<String, Value>,
}

impl Watcher<'_> {
    /// Shows what happens until the run rests or has ended; `None` when the person wants it to stop.
    async fn until_rest(&mut self, interrupts: &mut Interrupts) -> Result<Option<RunView>, Failure> {
        loop {
            let event: Option<Result<RecordedEvent, ClientError>> = tokio::select! {
                event = self.events.next() => event,
                () = interrupts.next() => return Ok(None),
                () = tokio::time::sleep(QUIET) => {
                    let run = self.client.run(self.id).await?;
                    if run.status.is_final() || (matches!(run.status, RunStatus::Waiting | RunStatus::Paused) && !run.open.is_empty()) {
                        return Ok(Some(run));
                    }
                    continue;
                }
            };
            match event {
                Some(event) => self.show(&event?)?,
                None => return Ok(Some(self.client.run(self.id).await?)),
            }
        }
    }

    fn show(&mut self, recorded: &RecordedEvent) -> Result<(), Failure> {
        if self.ui.output == Output::Jsonl {
            self.ui.json(recorded)?;
        }
        let (key, ending) = match &recorded.event {
            Event::StepStarted { key, input, .. } => {
                if let Some(input) = input {
                    self.inputs.insert(key.to_string(), input.clone());
                }
                return Ok(());
            }
            Event::StepSucceeded { key, output, simulated: false, .. } => (key, Ending::Well(output)),
            Event::StepSucceeded { key, output, simulated: true, .. } => (key, Ending::Simulated(output)),
            Event::StepFailed { key, error, .. } => (key, Ending::Badly(error)),
            Event::StepOutcomeUnknown { key, error, .. } => (key, Ending::Unknown(error)),
            Event::StepSkipped { key, reason } => (key, Ending::Skipped(reason.describe())),
            Event::StepWaiting { key, until, .. } => {
                self.ui.note(&format!("  {key} waits until {until}"));
                return Ok(());
            }
            _ => return Ok(()),
        };
        let key = key.to_string();
        let input = self.inputs.remove(&key);
        if self.ui.is_text() { self.ui.result(&attempt::render(&key, input.as_ref(), ending, &self.ui.out)) } else { Ok(()) }
    }
}
