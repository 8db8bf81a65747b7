//! `sayflow run`: one run of a document or a saved workflow, whole, step by step, or one step of it.

mod only;

use crate::connect::{Session, workspace};
use crate::document::{self, Named};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::Patience;
use crate::interrupt::Interrupts;
use crate::launch::{self, APPROVE_ALL, Launched, Stay};
use crate::pair::{pair, payload};
use crate::render;
use crate::stepwise;
use crate::ui::Ui;
use clap::Args;
use sayflow_client::Client;
use sayflow_protocol::RunView;
use sayflow_protocol::api::{DryRunReport, RunSource, StartRun};
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples:
  sayflow run report.yaml
  sayflow run rust-news --input keyword=Rust --yes
  sayflow run report.yaml --dry-run --output json
  sayflow run report.yaml --step
  sayflow run report.yaml --only total --data orders.json";

/// Run a workflow file or a saved workflow once, now
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// A file (YAML, JSON or TOML), `-` for stdin, or the name of a saved workflow
    #[arg(value_name = "FILE|NAME")]
    workflow: String,
    /// A value for an input, read as the input's type asks; lists and objects as JSON
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = pair)]
    inputs: Vec<(String, String)>,
    /// What a trigger would have brought, as JSON or @FILE: the steps see it as trigger.payload
    #[arg(long, value_name = "JSON", value_parser = payload)]
    payload: Option<Value>,
    /// Read for real, but only simulate the writes
    #[arg(long)]
    dry_run: bool,
    /// Approve what the workflow reads and writes without being asked
    #[arg(long)]
    yes: bool,
    /// Leave the run to a server in the background and come back at once
    #[arg(long, conflicts_with = "watch")]
    detach: bool,
    /// Stay until the run has ended, however long it waits in between
    #[arg(long)]
    watch: bool,
    /// Stop before each step and show what went in and what came out
    #[arg(long, conflicts_with_all = ["dry_run", "detach", "watch"])]
    step: bool,
    /// Do one step alone, with the data of --data; a step in a group is GROUP/STEP
    #[arg(long, value_name = "STEP", conflicts_with_all = ["detach", "watch", "step"])]
    only: Option<String>,
    /// What the step sees: a JSON file, or `-` for stdin, with any of inputs, steps, item, index, trigger
    #[arg(long, value_name = "FILE", requires = "only")]
    data: Option<String>,
}

/// Runs it.
pub async fn run(ui: &Ui, args: &RunArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let named = document::named(&args.workflow)?;
    let request = request(args, &named)?;
    if let Some(step) = &args.only {
        let data = only::data(args)?;
        let session = Session::open(interrupts).await?;
        let work = async |client: &Client, interrupts: &mut Interrupts| {
            only::run(ui, client, step, data, request, interrupts).await.map_err(|failure| about(failure, &named))
        };
        return Ok(session.during(ui, interrupts, work).await);
    }
    let session = if args.detach { Session::lasting(interrupts).await? } else { Session::open(interrupts).await? };
    let stay = match (args.detach, args.watch) {
        (true, _) => Stay::Leave,
        (false, true) => Stay::Watch(Patience::ToTheEnd),
        (false, false) => Stay::Watch(Patience::ShortPauses),
    };
    let stay = if args.step { Stay::Leave } else { stay };
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        let launched = launch::launch(ui, client, request, interrupts, stay).await;
        match launched {
            Ok(Launched::Run(run)) if args.step => {
                let run = stepwise::go_through(ui, client, run.id.as_str(), 0, interrupts).await?;
                tell(ui, args, &run, Stay::Watch(Patience::ShortPauses))
            }
            launched => tell_launched(ui, args, &named, launched, stay),
        }
    };
    Ok(session.during(ui, interrupts, work).await)
}

/// The failure with the document that it speaks of.
fn about(failure: Failure, named: &Named) -> Failure {
    match named {
        Named::Document(document) => failure.about(document),
        Named::Workflow(_) => failure,
    }
}

fn tell_launched(ui: &Ui, args: &RunArgs, named: &Named, launched: Result<Launched, Failure>, stay: Stay) -> Result<Exit, Failure> {
    match launched {
        Ok(Launched::Run(run)) => tell(ui, args, &run, stay),
        Ok(Launched::Rehearsed(report)) => rehearsed(ui, &report),
        Ok(Launched::NotApproved(approval)) => {
            if ui.is_text() {
                launch::say_not_approved(ui, &approval, "run");
            } else {
                ui.json(&json!({ "run": null, "approval": approval }))?;
            }
            Ok(Exit::ApprovalNeeded)
        }
        Err(failure) => Err(about(failure, named)),
    }
}

fn tell(ui: &Ui, args: &RunArgs, run: &RunView, stay: Stay) -> Result<Exit, Failure> {
    if !ui.is_text() {
        ui.json(&json!({ "run": run }))?;
    } else if stay == Stay::Leave {
        ui.result(&format!("{}\n", run.id))?;
        ui.note(&format!("It runs in the background. Watch it: sayflow runs logs {} --follow", run.id));
    } else {
        ui.result(&render::outcome::render(run, &ui.out))?;
    }
    Ok(if stay == Stay::Leave { Exit::Done } else { Exit::of_started(run, args.yes) })
}

fn rehearsed(ui: &Ui, report: &DryRunReport) -> Result<Exit, Failure> {
    if ui.is_text() {
        let mut rendered = render::outcome::render(&report.run, &ui.out);
        render::plan::held_back(&mut rendered, report, &ui.out);
        ui.result(&rendered)?;
    } else {
        ui.json(report)?;
    }
    Ok(Exit::of_run(&report.run))
}

fn request(args: &RunArgs, named: &Named) -> Result<StartRun, Failure> {
    let source = match named {
        Named::Document(document) => RunSource::Document { text: document.text.clone(), format: document.format.clone() },
        Named::Workflow(name) => RunSource::Workflow(name.clone()),
    };
    Ok(StartRun {
        source,
        // The server knows the inputs' types; a text that looks like a number need not be one.
        inputs: args.inputs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect(),
        payload: args.payload.clone(),
        dry_run: args.dry_run,
        network_reads: args.dry_run,
        stepwise: args.step,
        approve: args.yes.then(|| APPROVE_ALL.to_owned()),
        workspace: workspace()?,
    })
}
