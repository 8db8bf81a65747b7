//! `sayflow templates use`: fills the slots and makes a draft, which can be run and kept at once.

use crate::connect::{Session, workspace};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::pair::{pair, payload};
use crate::ui::{Ui, prompt, text};
use crate::verb::ask::{self, AskArgs};
use clap::Args;
use indexmap::IndexMap;
use sayflow_client::Client;
use sayflow_protocol::Diagnostic;
use sayflow_protocol::api::template::UseTemplate;
use sayflow_protocol::api::{SaveWorkflow, TurnView};
use serde_json::Value;

const EXAMPLES: &str = "\
Examples:
  sayflow templates use low-stock-alert --set channel=#stock
  sayflow templates use large-orders-to-slack --set file=sales.csv --set minimum=1000 --run
  sayflow templates use endpoint-health-check --set url=https://shop.example/ --name shop-is-up --save";

/// Make a draft of a template
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct UseArgs {
    /// The template
    #[arg(value_name = "TEMPLATE")]
    template: String,
    /// A value for a slot, read as the slot asks; lists and objects as JSON
    #[arg(long = "set", value_name = "SLOT=VALUE", value_parser = pair)]
    values: Vec<(String, String)>,
    /// Another name for the workflow
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Keep the workflow under its name
    #[arg(long)]
    save: bool,
    /// Run it once, now, whatever its triggers are
    #[arg(long)]
    run: bool,
    /// Approve what it reads and writes without being asked
    #[arg(long)]
    yes: bool,
    /// Also try reads over the network in the dry run; with --run, only simulate the writes
    #[arg(long)]
    dry_run: bool,
    /// What a trigger would bring, as JSON or @FILE
    #[arg(long, value_name = "JSON", value_parser = payload)]
    payload: Option<Value>,
}

/// Makes the draft, and goes on as `sayflow ask` does.
pub(super) async fn run(ui: &Ui, args: &UseArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        let values = values(ui, args, client, interrupts).await?;
        let request = UseTemplate {
            values,
            name: args.name.clone(),
            payload: args.payload.clone(),
            network_reads: args.dry_run,
            workspace: workspace()?,
            timezone: jiff::tz::TimeZone::system().iana_name().map(str::to_owned),
        };
        let turn = interrupts.guard(async { Ok(client.use_template(&args.template, &request).await?) }).await?;
        if args.save {
            keep(ui, client, &turn, interrupts).await?;
        }
        let further = AskArgs::for_draft(args.run, args.yes, args.dry_run, args.payload.clone());
        Box::pin(ask::go_on(ui, &further, client, turn, interrupts)).await
    };
    Ok(session.during(ui, interrupts, work).await)
}

/// What was said, and what a person at a terminal says about the slots that need a value.
async fn values(ui: &Ui, args: &UseArgs, client: &Client, interrupts: &mut Interrupts) -> Result<IndexMap<String, Value>, Failure> {
    let mut values: IndexMap<String, Value> = args.values.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    if !ui.is_interactive() {
        return Ok(values);
    }
    let view = interrupts.guard(async { Ok(client.template(&args.template).await?) }).await?;
    for slot in view.info.slots.iter().filter(|slot| slot.required) {
        if values.contains_key(&slot.name) {
            continue;
        }
        let question = format!("{}: {}", text::one_line(&slot.name), text::one_line(&slot.description));
        if let Some(answer) = interrupts.guard(prompt::line(ui, &question)).await? {
            values.insert(slot.name.clone(), Value::from(answer));
        }
    }
    Ok(values)
}

async fn keep(ui: &Ui, client: &Client, turn: &TurnView, interrupts: &mut Interrupts) -> Result<(), Failure> {
    let sound = turn.draft.as_ref().filter(|draft| !draft.diagnostics.iter().any(Diagnostic::is_error));
    let Some(draft) = sound else { return Ok(()) };
    let request = SaveWorkflow { draft: Some(draft.id.clone()), document: None, workspace: workspace()? };
    let kept = interrupts.guard(async { Ok(client.save_workflow(&request).await?) }).await?;
    if ui.is_text() {
        ui.note(&format!("Kept as {}, version {}.", text::one_line(&kept.name), kept.latest));
    }
    Ok(())
}
