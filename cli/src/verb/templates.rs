//! `sayflow templates`: proven workflows to start from.

use crate::connect::Session;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::render::table;
use crate::ui::Ui;
use clap::Args;
use sayflow_client::Client;
use sayflow_protocol::api::template::TemplateList;

const EXAMPLES: &str = "\
Examples:
  sayflow templates
  sayflow templates post news to slack";

/// List templates, or find those that fit some words
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TemplatesArgs {
    /// What it should do, in your words
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
}

/// Lists them, best first.
pub async fn run(ui: &Ui, args: &TemplatesArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let session = Session::open(interrupts).await?;
    let words = args.query.join(" ");
    let query = (!words.trim().is_empty()).then_some(words.trim());
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        tell(ui, interrupts.guard(async { Ok(client.templates(query).await?) }).await?)?;
        Ok(Exit::Done)
    };
    Ok(session.during(ui, interrupts, work).await)
}

fn tell(ui: &Ui, list: TemplateList) -> Result<(), Failure> {
    if ui.is_text() {
        let rows = list.templates.into_iter().map(|template| vec![template.name, template.description]).collect();
        ui.result(&table::render(&["name", "what it does"], rows, "No template fits.", &ui.out))
    } else {
        ui.json_list(&list.templates)
    }
}
