//! `sayflow templates`: proven workflows to start from, and those of one's own.

mod keep;
mod show;
mod use_it;

use crate::connect::Session;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::render::table;
use crate::ui::Ui;
use clap::{Args, Subcommand};
use sayflow_client::Client;
use sayflow_protocol::api::template::{TemplateInfo, TemplateList, TemplateOrigin};

const EXAMPLES: &str = "\
Examples:
  sayflow templates
  sayflow templates post news to slack
  sayflow templates show low-stock-alert
  sayflow templates use low-stock-alert --set channel=#stock --set threshold=5 --run
  sayflow templates save our-news --from rust-news --make-slot channel=steps.post.with.channel
  sayflow templates export low-stock-alert > low-stock-alert.yaml
  sayflow templates import low-stock-alert.yaml";

/// List templates, find those that fit some words, use them, and make your own
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct TemplatesArgs {
    /// What it should do, in your words
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    #[command(subcommand)]
    verb: Option<TemplatesVerb>,
}

#[derive(Debug, Subcommand)]
enum TemplatesVerb {
    Show(show::ShowArgs),
    Use(use_it::UseArgs),
    Save(keep::SaveArgs),
    Import(keep::ImportArgs),
    Export(keep::ExportArgs),
    Delete(keep::DeleteArgs),
}

/// Does what was said; lists without a word.
pub async fn run(ui: &Ui, args: &TemplatesArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    match &args.verb {
        Some(TemplatesVerb::Show(args)) => show::run(ui, args, interrupts).await,
        Some(TemplatesVerb::Use(args)) => use_it::run(ui, args, interrupts).await,
        Some(TemplatesVerb::Save(args)) => keep::save(ui, args, interrupts).await,
        Some(TemplatesVerb::Import(args)) => keep::import(ui, args, interrupts).await,
        Some(TemplatesVerb::Export(args)) => keep::export(ui, args, interrupts).await,
        Some(TemplatesVerb::Delete(args)) => keep::delete(ui, args, interrupts).await,
        None => list(ui, &args.query.join(" "), interrupts).await,
    }
}

async fn list(ui: &Ui, words: &str, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let session = Session::open(interrupts).await?;
    let query = (!words.trim().is_empty()).then_some(words.trim());
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        tell(ui, interrupts.guard(async { Ok(client.templates(query).await?) }).await?)?;
        Ok(Exit::Done)
    };
    Ok(session.during(ui, interrupts, work).await)
}

fn tell(ui: &Ui, list: TemplateList) -> Result<(), Failure> {
    if !ui.is_text() {
        return ui.json_list(&list.templates);
    }
    let rows = list.templates.into_iter().map(|template| vec![template.name.clone(), area(&template), template.description]).collect();
    ui.result(&table::render(&["name", "area", "what it does"], rows, "No template fits.", &ui.out))
}

/// What it is for, and whether it did not come with Sayflow.
fn area(template: &TemplateInfo) -> String {
    let area = template.tags.first().cloned().unwrap_or_default();
    match template.origin {
        TemplateOrigin::BuiltIn => area,
        origin => format!("{area} ({})", origin.as_str()),
    }
}
