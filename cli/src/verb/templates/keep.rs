//! Templates of one's own: made of a workflow, taken in from a file, written out, removed.

use crate::connect::Session;
use crate::document::{self, Named};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::pair::pair;
use crate::ui::{Ui, text};
use clap::Args;
use indexmap::IndexMap;
use sayflow_client::Client;
use sayflow_protocol::api::template::{ImportTemplate, SaveTemplate, TemplateInfo, TemplateSource};

const SAVE_EXAMPLES: &str = "\
Examples:
  sayflow templates save our-news --from rust-news --slot keyword=\"The word that titles must have\"
  sayflow templates save our-news --from news.yaml --make-slot channel=steps.post.with.channel \\
    --example \"post the news to our channel\"";

/// Make a template of a workflow: its inputs become slots
#[derive(Debug, Args)]
#[command(after_help = SAVE_EXAMPLES)]
pub struct SaveArgs {
    /// The template's name
    #[arg(value_name = "NAME")]
    name: String,
    /// A saved workflow, a file, or `-` for stdin
    #[arg(long, value_name = "WORKFLOW|FILE")]
    from: String,
    /// What it does; the workflow's description if left out
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// A word to find it by
    #[arg(long = "tag", value_name = "WORD")]
    tags: Vec<String>,
    /// A request that it answers
    #[arg(long = "example", value_name = "REQUEST")]
    examples: Vec<String>,
    /// What belongs into a slot
    #[arg(long = "slot", value_name = "SLOT=DESCRIPTION", value_parser = pair)]
    slots: Vec<(String, String)>,
    /// Make a slot of a value that stands in the workflow, such as channel=steps.post.with.channel; several places, several times
    #[arg(long = "make-slot", value_name = "SLOT=PLACE", value_parser = pair)]
    make_slots: Vec<(String, String)>,
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  sayflow templates import low-stock-alert.yaml
  curl -s https://templates.example/low-stock-alert.yaml | sayflow templates import -";

/// Take in a template file
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub struct ImportArgs {
    /// The file, or `-` for stdin
    #[arg(value_name = "FILE")]
    file: String,
}

const EXPORT_EXAMPLES: &str = "\
Examples:
  sayflow templates export our-news > our-news.yaml";

/// Write a template as a file
#[derive(Debug, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub struct ExportArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
}

const DELETE_EXAMPLES: &str = "\
Examples:
  sayflow templates delete our-news";

/// Remove a template of your own
#[derive(Debug, Args)]
#[command(after_help = DELETE_EXAMPLES)]
pub struct DeleteArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
}

/// Makes it.
pub(super) async fn save(ui: &Ui, args: &SaveArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let named = document::named(&args.from)?;
    let source = match &named {
        Named::Document(document) => TemplateSource::Document { text: document.text.clone(), format: document.format.clone() },
        Named::Workflow(name) => TemplateSource::Workflow(name.clone()),
    };
    let mut make_slots: IndexMap<String, Vec<String>> = IndexMap::new();
    for (slot, place) in &args.make_slots {
        make_slots.entry(slot.clone()).or_default().push(place.clone());
    }
    let request = SaveTemplate {
        name: args.name.clone(),
        source,
        description: args.description.clone(),
        tags: args.tags.clone(),
        examples: args.examples.clone(),
        slots: args.slots.iter().cloned().collect(),
        make_slots,
    };
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        let kept = interrupts.guard(async { Ok(client.save_template(&request).await?) }).await;
        let kept = kept.map_err(|failure: Failure| match &named {
            Named::Document(document) => failure.about(document),
            Named::Workflow(_) => failure,
        })?;
        tell(ui, &kept)
    };
    Ok(session.during(ui, interrupts, work).await)
}

/// Takes it in.
pub(super) async fn import(ui: &Ui, args: &ImportArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let document = document::read(&args.file)?;
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        let request = ImportTemplate { text: document.text.clone() };
        let kept = interrupts.guard(async { Ok(client.import_template(&request).await?) }).await?;
        tell(ui, &kept)
    };
    Ok(session.during(ui, interrupts, work).await)
}

/// Writes it out.
pub(super) async fn export(ui: &Ui, args: &ExportArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        let view = interrupts.guard(async { Ok(client.template(&args.name).await?) }).await?;
        if ui.is_text() {
            ui.result(&view.yaml)?;
        } else {
            ui.json(&serde_json::json!({ "name": view.info.name, "yaml": view.yaml }))?;
        }
        Ok(Exit::Done)
    };
    Ok(session.during(ui, interrupts, work).await)
}

/// Removes it.
pub(super) async fn delete(ui: &Ui, args: &DeleteArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        interrupts.guard(async { Ok(client.delete_template(&args.name).await?) }).await?;
        if ui.is_text() {
            ui.note(&format!("The template {} is gone.", text::one_line(&args.name)));
        } else {
            ui.json(&serde_json::json!({ "deleted": args.name }))?;
        }
        Ok(Exit::Done)
    };
    Ok(session.during(ui, interrupts, work).await)
}

fn tell(ui: &Ui, kept: &TemplateInfo) -> Result<Exit, Failure> {
    if !ui.is_text() {
        ui.json(kept)?;
        return Ok(Exit::Done);
    }
    let slots: Vec<String> = kept.slots.iter().map(|slot| text::one_line(&slot.name)).collect();
    let slots = if slots.is_empty() { "no slots".to_owned() } else { format!("slots: {}", slots.join(", ")) };
    ui.note(&format!("Kept as the template {} ({slots}).", text::one_line(&kept.name)));
    Ok(Exit::Done)
}
