//! Pausing, resuming, stepping on, and deciding about a write whose outcome nobody knows.

use super::resolve;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::render::outcome;
use crate::stepwise;
use crate::ui::Ui;
use clap::{Args, ValueEnum};
use sayflow_client::Client;
use sayflow_protocol::event::{Advance, UnknownDecision};
use serde_json::json;

/// Let a run that stops before each step go on
#[derive(Debug, Args)]
pub struct AdvanceArgs {
    /// The run
    #[arg(value_name = "ID|last")]
    id: String,
    /// Until a step with this id is about to begin
    #[arg(long, value_name = "STEP", conflicts_with = "end")]
    until: Option<String>,
    /// To the end
    #[arg(long)]
    end: bool,
}

/// Decide about a write whose outcome nobody knows
#[derive(Debug, Args)]
pub struct DecideArgs {
    /// The run
    #[arg(value_name = "ID|last")]
    id: String,
    /// The step, as `runs show` names it
    #[arg(value_name = "STEP")]
    step: String,
    /// retry: send it again (it may happen twice); skip: take it as done; fail: take it as failed
    #[arg(value_name = "WHAT")]
    what: What,
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Retry,
    Skip,
    Fail,
}

/// Lets it rest.
pub(super) async fn pause(ui: &Ui, client: &Client, word: &str) -> Result<(), Failure> {
    let steered = client.pause_run(&resolve(client, word).await?).await?;
    if !ui.is_text() {
        return ui.json(&steered);
    }
    let id = &steered.id;
    ui.result(&format!("Run {id} is paused; what is in progress ends, nothing new begins.\n"))?;
    ui.note(&format!("Go on: sayflow runs resume {id}"));
    Ok(())
}

/// Lets it go on.
pub(super) async fn resume(ui: &Ui, client: &Client, word: &str) -> Result<(), Failure> {
    let steered = client.resume_run(&resolve(client, word).await?).await?;
    if !ui.is_text() {
        return ui.json(&steered);
    }
    let id = &steered.id;
    ui.result(&format!("Run {id} goes on.\n"))?;
    ui.note(&format!("Watch it: sayflow runs logs {id} --follow"));
    Ok(())
}

/// Says what is done about an unknown outcome.
pub(super) async fn decide(ui: &Ui, client: &Client, args: &DecideArgs) -> Result<(), Failure> {
    let decision = match args.what {
        What::Retry => UnknownDecision::Retry,
        What::Skip => UnknownDecision::Skip,
        What::Fail => UnknownDecision::Fail,
    };
    let steered = client.resolve_unknown(&resolve(client, &args.id).await?, &args.step, decision).await?;
    if !ui.is_text() {
        return ui.json(&steered);
    }
    let words = match args.what {
        What::Retry => "is sent again",
        What::Skip => "is taken as done",
        What::Fail => "is taken as failed",
    };
    ui.result(&format!("{} {words}. See: sayflow runs show {}\n", crate::ui::text::one_line(&args.step), steered.id))
}

/// Lets a stepwise run go on, and shows what happens until it stops again.
pub(super) async fn advance(ui: &Ui, client: &Client, args: &AdvanceArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let to = match (&args.until, args.end) {
        (Some(step), _) => Advance::Until(step.clone()),
        (None, true) => Advance::End,
        (None, false) => Advance::Step,
    };
    let started = interrupts.guard(async {
        let id = resolve(client, &args.id).await?;
        let seen = client.run_journal(&id, 0).await?.events.last().map_or(0, |event| event.seq);
        client.advance_run(&id, to).await?;
        Ok((id, seen))
    });
    let (id, seen) = started.await?;
    let run = stepwise::go_through(ui, client, &id, seen, interrupts).await?;
    if ui.is_text() {
        ui.result(&outcome::render(&run, &ui.out))?;
    } else {
        ui.json(&json!({ "run": run }))?;
    }
    Ok(Exit::of_run(&run))
}
