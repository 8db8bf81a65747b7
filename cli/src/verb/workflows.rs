//! `sayflow workflows`: keeping workflows under their names, and letting them start by themselves.

mod activate;

use crate::connect::{Session, last_draft, workspace};
use crate::document;
use crate::exit::Exit;
use crate::failure::{Document, Failure};
use crate::interrupt::Interrupts;
use crate::render::{table, time, trigger};
use crate::ui::{Output, Ui};
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use sayflow_client::Client;
use sayflow_protocol::api::workflow::WorkflowList;
use sayflow_protocol::api::{SaveWorkflow, ValidateRequest, WorkflowSummary};
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  sayflow workflows save report.yaml
  sayflow workflows save --thread last
  sayflow workflows list
  sayflow workflows show rust-news --output json
  sayflow workflows activate rust-news
  sayflow workflows undo rust-news
  sayflow workflows deactivate rust-news
  sayflow workflows delete rust-news";

/// Keep workflows under their names and let them start by themselves
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct WorkflowsArgs {
    #[command(subcommand)]
    verb: WorkflowsVerb,
}

#[derive(Debug, Subcommand)]
enum WorkflowsVerb {
    /// List saved workflows
    List,
    /// Show a saved workflow
    Show {
        /// Its name
        name: String,
    },
    /// Save a file or a conversation's draft as the next version
    Save {
        /// A file (YAML, JSON or TOML), or `-` for stdin
        #[arg(required_unless_present = "thread", conflicts_with = "thread")]
        file: Option<String>,
        /// The newest draft of a conversation
        #[arg(long, value_name = "ID|last")]
        thread: Option<String>,
    },
    Activate(activate::ActivateArgs),
    /// Stop the triggers of a workflow
    Deactivate {
        /// Its name
        name: String,
    },
    Undo(activate::UndoArgs),
    /// Delete a saved workflow with all its versions
    Delete {
        /// Its name
        name: String,
    },
}

/// Does what the verb says.
pub async fn run(ui: &Ui, args: WorkflowsArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let document = match &args.verb {
        WorkflowsVerb::Save { file: Some(file), .. } => Some(document::read(file)?),
        _ => None,
    };
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| match args.verb {
        WorkflowsVerb::Activate(args) => activate::activate(ui, client, &args, interrupts).await,
        WorkflowsVerb::Undo(args) => activate::undo(ui, client, &args, interrupts).await,
        verb => {
            interrupts.guard(dispatch(ui, client, verb, document.as_ref())).await?;
            Ok(Exit::Done)
        }
    };
    Ok(session.during(ui, interrupts, work).await)
}

async fn dispatch(ui: &Ui, client: &Client, verb: WorkflowsVerb, document: Option<&Document>) -> Result<(), Failure> {
    match verb {
        WorkflowsVerb::List => tell_list(ui, &client.workflows().await?),
        WorkflowsVerb::Show { name } => {
            let view = client.workflow(&name).await?;
            if !ui.is_text() {
                return ui.json(&view);
            }
            ui.note(&state(&view.summary));
            ui.note(trigger::render(&view.triggers, &ui.err).trim_end());
            ui.json(&view.workflow)
        }
        WorkflowsVerb::Save { thread, .. } => {
            let saved = match (document, thread) {
                (Some(document), _) => save_document(client, document).await?,
                (None, Some(thread)) => save_draft(client, &thread).await?,
                (None, None) => return Err(Failure::usage("Name a file, or a conversation with --thread.")),
            };
            let words = format!("Saved {} as version {}.\n", saved.name, saved.latest);
            if ui.is_text() { ui.result(&words) } else { ui.json(&saved) }
        }
        WorkflowsVerb::Deactivate { name } => {
            let summary = client.deactivate_workflow(&name).await?;
            let words = format!("{} is not active any more; runs that have begun go on.\n", summary.name);
            if ui.is_text() { ui.result(&words) } else { ui.json(&summary) }
        }
        // These ask the person; they do not come here.
        WorkflowsVerb::Activate(_) | WorkflowsVerb::Undo(_) => Ok(()),
        WorkflowsVerb::Delete { name } => {
            client.delete_workflow(&name).await?;
            if ui.is_text() { ui.result(&format!("Deleted {name}.\n")) } else { ui.json(&json!({ "deleted": name })) }
        }
    }
}

async fn save_document(client: &Client, document: &Document) -> Result<WorkflowSummary, Failure> {
    let text = ValidateRequest { text: document.text.clone(), format: document.format.clone() };
    let request = SaveWorkflow { draft: None, document: Some(text), workspace: workspace()? };
    client.save_workflow(&request).await.map_err(|error| Failure::from(error).about(document))
}

async fn save_draft(client: &Client, thread: &str) -> Result<WorkflowSummary, Failure> {
    let draft = last_draft(client, thread).await?;
    let request = SaveWorkflow { draft: Some(draft.id), document: None, workspace: workspace()? };
    Ok(client.save_workflow(&request).await?)
}

fn state(workflow: &WorkflowSummary) -> String {
    match workflow.active {
        Some(active) => format!("Version {}; version {active} is active.", workflow.latest),
        None => format!("Version {}; none is active.", workflow.latest),
    }
}

fn tell_list(ui: &Ui, list: &WorkflowList) -> Result<(), Failure> {
    match ui.output {
        Output::Json => ui.json(list),
        Output::Jsonl => ui.json_list(&list.workflows),
        Output::Text => {
            let zone = TimeZone::system();
            let rows = list.workflows.iter().map(|workflow| {
                vec![
                    workflow.name.clone(),
                    workflow.latest.to_string(),
                    workflow.active.map_or_else(|| "-".to_owned(), |version| version.to_string()),
                    time::stamp(workflow.updated, &zone),
                    workflow.description.clone().unwrap_or_default(),
                ]
            });
            let headings = ["name", "version", "active", "saved", "what it does"];
            let empty = "No workflows yet. Save one: sayflow workflows save FILE";
            ui.result(&table::render(&headings, rows.collect(), empty, &ui.out))
        }
    }
}
