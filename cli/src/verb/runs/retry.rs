//! `sayflow runs retry`: does a run again, from the step that failed, from any step or from the beginning.

use super::resolve;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::{self, Patience};
use crate::interrupt::Interrupts;
use crate::launch::{APPROVE_ALL, consent, say_not_approved};
use crate::render::outcome;
use crate::ui::screen::Screen;
use crate::ui::{Ui, text};
use clap::Args;
use sayflow_client::Client;
use sayflow_protocol::Effect;
use sayflow_protocol::api::run::{AgainStep, FromWhere};
use sayflow_protocol::api::{RetriedRun, RetryRun};
use serde_json::json;
use std::fmt::Write as _;

/// Do a run again, as a new run that keeps what succeeded
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// The run
    #[arg(value_name = "ID|last")]
    id: String,
    /// From where: failed, start, or a step's id
    #[arg(long, default_value = "failed", value_name = "failed|start|STEP")]
    from: String,
    /// On the version of the workflow that is active now, not on the one that it ran
    #[arg(long)]
    current: bool,
    /// Approve what it reads and writes without being asked
    #[arg(long)]
    yes: bool,
    /// Come back at once instead of watching it
    #[arg(long)]
    detach: bool,
}

/// Starts it, says what is done again, and watches it.
pub(super) async fn run(ui: &Ui, client: &Client, args: &RetryArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let id = interrupts.guard(resolve(client, &args.id)).await?;
    let from = match args.from.as_str() {
        "failed" => FromWhere::Failed,
        "start" => FromWhere::Start,
        step => FromWhere::Step(step.to_owned()),
    };
    let mut request = RetryRun { from, current: args.current, approve: args.yes.then(|| APPROVE_ALL.to_owned()) };
    let retried = loop {
        let retried = interrupts.guard(async { Ok(client.retry_run(&id, &request).await?) }).await?;
        let Some(approval) = retried.approval.as_ref().filter(|_| retried.run.is_none()) else { break retried };
        match consent(ui, approval, interrupts).await? {
            Some(hash) if request.approve.as_ref() != Some(&hash) => request.approve = Some(hash),
            _ => {
                if ui.is_text() {
                    say_not_approved(ui, approval, "run");
                } else {
                    ui.json(&json!({ "run": null, "approval": approval }))?;
                }
                return Ok(Exit::ApprovalNeeded);
            }
        }
    };
    watch(ui, client, args, retried, interrupts).await
}

async fn watch(ui: &Ui, client: &Client, args: &RetryArgs, retried: RetriedRun, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let RetriedRun { run, again, kept, .. } = retried;
    let Some(run) = run else {
        return Err(Failure::new("unexpected", "The server neither started the run nor said what it needs."));
    };
    ui.note(plan(&again, &kept, &ui.err).trim_end());
    let run = if args.detach { run } else { follow::follow(ui, client, run, interrupts, Patience::ShortPauses).await? };
    if !ui.is_text() {
        ui.json(&json!({ "run": run, "again": again, "kept": kept }))?;
    } else if args.detach {
        ui.result(&format!("{}\n", run.id))?;
    } else {
        ui.result(&outcome::render(&run, &ui.out))?;
    }
    Ok(if args.detach { Exit::Done } else { Exit::of_started(&run, args.yes) })
}

/// What is kept and what is done again; a write that may happen twice is said plainly.
fn plan(again: &[AgainStep], kept: &[String], screen: &Screen) -> String {
    let mut rendered = String::new();
    if !kept.is_empty() {
        let kept = kept.iter().map(|step| text::one_line(step)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(rendered, "Kept:  {}", text::wrap(&kept, screen.width, 7));
    }
    if !again.is_empty() {
        let steps = again.iter().map(|step| {
            let items = step.items_kept.map(|items| format!(" ({} kept)", text::count(u64::from(items), "item", "items")));
            let word = if step.effect == Some(Effect::Write) { " (writes)" } else { "" };
            format!("{}{word}{}", text::one_line(&step.step), items.unwrap_or_default())
        });
        let _ = writeln!(rendered, "Again: {}", text::wrap(&steps.collect::<Vec<_>>().join(", "), screen.width, 7));
    }
    for step in again.iter().filter(|step| step.was_unknown) {
        let words = format!("{} was sent before and nobody knows whether it arrived: it may happen twice.", text::one_line(&step.step));
        let _ = writeln!(rendered, "{} {}", screen.warn("!"), text::wrap(&words, screen.width, 2));
    }
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::plain;

    #[test]
    fn a_write_that_may_happen_twice_is_said_plainly() {
        let step = |name: &str, effect, was_unknown, items_kept| AgainStep { step: name.to_owned(), effect, was_unknown, items_kept };
        let again = [
            step("total", Some(Effect::None), false, None),
            step("each", Some(Effect::Write), false, Some(2)),
            step("post", Some(Effect::Write), true, None),
        ];
        let rendered = plan(&again, &["read".to_owned(), "keep".to_owned()], &plain(80));
        let expected = "Kept:  read, keep\nAgain: total, each (writes) (2 items kept), post (writes)\n\
                        ! post was sent before and nobody knows whether it arrived: it may happen twice.\n";
        assert_eq!(rendered, expected);
    }
}
