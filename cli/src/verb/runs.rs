//! `sayflow runs`: looking at runs and steering them.

mod retry;
mod steer;

use crate::connect::Session;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::render::{journal, outcome, table, time};
use crate::ui::{Output, Ui};
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use sayflow_client::Client;
use sayflow_protocol::api::run::{RunList, RunQuery};
use sayflow_protocol::{RecordedEvent, RunStatus};
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  sayflow runs list --status failed
  sayflow runs show last
  sayflow runs logs 0197a3f2 --output jsonl
  sayflow runs cancel 0197a3f2
  sayflow runs retry last --from failed
  sayflow runs pause 0197a3f2
  sayflow runs decide 0197a3f2 post skip

A run is named by its id, by the beginning of its id, or by `last`.";

/// Look at runs and steer them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunsArgs {
    #[command(subcommand)]
    verb: RunsVerb,
}

#[derive(Debug, Subcommand)]
enum RunsVerb {
    /// List runs, newest first
    List {
        /// Those of one workflow
        #[arg(long, value_name = "NAME")]
        workflow: Option<String>,
        /// Those with one status: queued, running, waiting, paused, succeeded, failed or cancelled
        #[arg(long, value_parser = status)]
        status: Option<RunStatus>,
        /// At most so many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        /// Go on after this place: the `next` of the page before
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show a run with its steps
    Show {
        /// The run
        #[arg(value_name = "ID|last")]
        id: String,
    },
    /// Print what happened in a run
    Logs {
        /// The run
        #[arg(value_name = "ID|last")]
        id: String,
        /// Go on until the run has ended
        #[arg(long, short)]
        follow: bool,
    },
    /// Stop a run
    Cancel {
        /// The run
        #[arg(value_name = "ID|last")]
        id: String,
    },
    Retry(retry::RetryArgs),
    /// Let a run rest: what is in progress ends, nothing new begins
    Pause {
        /// The run
        #[arg(value_name = "ID|last")]
        id: String,
    },
    /// Let a paused run go on
    Resume {
        /// The run
        #[arg(value_name = "ID|last")]
        id: String,
    },
    Advance(steer::AdvanceArgs),
    Decide(steer::DecideArgs),
}

fn status(text: &str) -> Result<RunStatus, String> {
    RunStatus::parse(text).ok_or_else(|| "expected queued, running, waiting, paused, succeeded, failed or cancelled".to_owned())
}

/// Does what the verb says.
pub async fn run(ui: &Ui, args: RunsArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| match args.verb {
        RunsVerb::Retry(args) => retry::run(ui, client, &args, interrupts).await,
        RunsVerb::Advance(args) => steer::advance(ui, client, &args, interrupts).await,
        verb => {
            interrupts.guard(dispatch(ui, client, verb)).await?;
            Ok(Exit::Done)
        }
    };
    Ok(session.during(ui, interrupts, work).await)
}

async fn dispatch(ui: &Ui, client: &Client, verb: RunsVerb) -> Result<(), Failure> {
    match verb {
        RunsVerb::List { workflow, status, limit, cursor } => {
            let list = client.runs(&RunQuery { workflow, status, limit: Some(limit), cursor }).await?;
            tell_list(ui, &list)
        }
        RunsVerb::Show { id } => {
            let run = client.run(&resolve(client, &id).await?).await?;
            if ui.is_text() { ui.result(&outcome::in_full(&run, &ui.out)) } else { ui.json(&json!({ "run": run })) }
        }
        RunsVerb::Logs { id, follow } => {
            let id = resolve(client, &id).await?;
            if follow { follow_logs(ui, client, &id).await } else { logs(ui, client, &id).await }
        }
        RunsVerb::Cancel { id } => {
            let cancelled = client.cancel_run(&resolve(client, &id).await?).await?;
            match (ui.is_text(), cancelled.was_active) {
                (false, _) => ui.json(&cancelled),
                (true, true) => ui.result(&format!("Run {} is being cancelled.\n", cancelled.id)),
                (true, false) => ui.result(&format!("Run {} had already ended.\n", cancelled.id)),
            }
        }
        RunsVerb::Pause { id } => steer::pause(ui, client, &id).await,
        RunsVerb::Resume { id } => steer::resume(ui, client, &id).await,
        RunsVerb::Decide(args) => steer::decide(ui, client, &args).await,
        // These two watch the run afterwards; they do not come here.
        RunsVerb::Retry(_) | RunsVerb::Advance(_) => Ok(()),
    }
}

fn tell_list(ui: &Ui, list: &RunList) -> Result<(), Failure> {
    match ui.output {
        Output::Jsonl => ui.json_list(&list.runs),
        Output::Json => ui.json(&json!({ "runs": list.runs, "next": list.next })),
        Output::Text => {
            let zone = TimeZone::system();
            let rows = list.runs.iter().map(|run| {
                let kind = if run.dry_run { " (dry run)" } else { "" };
                vec![
                    run.id.as_str().to_owned(),
                    format!("{}{kind}", run.workflow),
                    run.status.as_str().to_owned(),
                    time::stamp(run.created, &zone),
                    time::took(Some(run.created), run.ended).map(time::duration).unwrap_or_default(),
                    run.error.as_ref().map(|error| error.message.clone()).unwrap_or_default(),
                ]
            });
            let headings = ["id", "workflow", "status", "begun", "took", "error"];
            ui.result(&table::render(&headings, rows.collect(), "No runs.", &ui.out))?;
            if let Some(next) = &list.next {
                ui.note(&format!("More: --cursor {next}"));
            }
            Ok(())
        }
    }
}

fn tell_event(ui: &Ui, event: &RecordedEvent, zone: &TimeZone) -> Result<(), Failure> {
    if ui.is_text() { ui.result(&journal::render(event, zone, &ui.out)) } else { ui.json(event) }
}

async fn logs(ui: &Ui, client: &Client, id: &str) -> Result<(), Failure> {
    let events = client.run_journal(id, 0).await?.events;
    if !ui.is_text() {
        return ui.json_list(&events);
    }
    let zone = TimeZone::system();
    events.iter().try_for_each(|event| tell_event(ui, event, &zone))
}

/// JSON is one list, so it comes at the end; text and lines come as things happen.
async fn follow_logs(ui: &Ui, client: &Client, id: &str) -> Result<(), Failure> {
    let zone = TimeZone::system();
    let mut stream = client.run_events(id, 0);
    let mut kept: Vec<RecordedEvent> = Vec::new();
    while let Some(event) = stream.next().await {
        let event = event?;
        if ui.output == Output::Json {
            kept.push(event);
        } else {
            tell_event(ui, &event, &zone)?;
        }
    }
    if ui.output == Output::Json { ui.json_list(&kept) } else { Ok(()) }
}

/// The id that a word stands for. Ids are long; their beginning will do where only one recent run has it.
pub(super) async fn resolve(client: &Client, word: &str) -> Result<String, Failure> {
    const WHOLE_ID: usize = 36;
    if word.len() >= WHOLE_ID {
        return Ok(word.to_owned());
    }
    let recent = client.runs(&RunQuery { limit: Some(500), ..RunQuery::default() }).await?.runs;
    if word == "last" {
        let newest = recent.first().ok_or_else(|| Failure::new("not_found", "There are no runs yet."))?;
        return Ok(newest.id.as_str().to_owned());
    }
    let mut fitting = recent.iter().filter(|run| run.id.as_str().starts_with(word));
    match (fitting.next(), fitting.next()) {
        (Some(run), None) => Ok(run.id.as_str().to_owned()),
        // It may be older than those that were looked through; the server knows.
        (None, _) => Ok(word.to_owned()),
        (Some(_), Some(_)) => {
            Err(Failure::new("ambiguous", format!("Several runs begin with \"{word}\".")).help("Give more of the id: sayflow runs list"))
        }
    }
}
