//! `sayflow credentials`: accounts that steps use. Secrets go in and never come out.

mod fields;

use crate::connect::Session;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::pair::pair;
use crate::render::{table, time};
use crate::ui::{Output, Ui, text};
use clap::{Args, Subcommand};
use indexmap::IndexMap;
use jiff::tz::TimeZone;
use sayflow_client::Client;
use sayflow_protocol::api::credential::CredentialList;
use sayflow_protocol::api::{CredentialInfo, SetCredential};
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  sayflow credentials set slack --field token=-            (reads the token from stdin)
  sayflow credentials set slack --field token=@token.txt   (reads it from a file)
  sayflow credentials set mail --type smtp --field host=mail.example --field port=587 --field from=me@mail.example
  sayflow credentials list
  sayflow credentials remove slack

In a terminal, secrets that are missing are asked for. A value that really begins with @ is written @@.";

/// Manage the accounts that steps use
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CredentialsArgs {
    #[command(subcommand)]
    verb: CredentialsVerb,
}

#[derive(Debug, Subcommand)]
enum CredentialsVerb {
    /// Set an account, replacing the one of the same name
    Set(SetArgs),
    /// List accounts, without their secrets
    List,
    /// Remove an account
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
struct SetArgs {
    /// Its name; steps refer to it as `credential: NAME`
    name: String,
    /// Its type, such as slack, telegram, smtp, http-bearer; the name when left out
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// A field; `-` takes the value from stdin, `@PATH` from a file
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = pair)]
    fields: Vec<(String, String)>,
    /// A host (and port) that it may be sent to, for types that are bound to none by themselves
    #[arg(long = "host", value_name = "HOST[:PORT]")]
    hosts: Vec<String>,
}

/// Does what the verb says.
pub async fn run(ui: &Ui, args: CredentialsArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let given = match &args.verb {
        CredentialsVerb::Set(set) => fields::read(&set.fields)?,
        _ => IndexMap::new(),
    };
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        interrupts.guard(dispatch(ui, client, args.verb, given)).await?;
        Ok(Exit::Done)
    };
    Ok(session.during(ui, interrupts, work).await)
}

async fn dispatch(ui: &Ui, client: &Client, verb: CredentialsVerb, given: IndexMap<String, String>) -> Result<(), Failure> {
    match verb {
        CredentialsVerb::Set(set) => {
            let request = SetCredential { kind: set.kind, fields: given, hosts: set.hosts };
            self::set(ui, client, &set.name, request).await
        }
        CredentialsVerb::List => tell_list(ui, &client.credentials().await?),
        CredentialsVerb::Remove { name } => remove(ui, client, &name).await,
    }
}

async fn set(ui: &Ui, client: &Client, name: &str, mut request: SetCredential) -> Result<(), Failure> {
    if ui.is_interactive() {
        let types = client.credential_types().await?.types;
        let kind = request.kind.as_deref().unwrap_or(name);
        if let Some(kind) = types.iter().find(|known| known.id == kind) {
            fields::ask_missing(kind, &mut request.fields).await?;
        }
    }
    let kept = client.set_credential(name, &request).await?;
    if !ui.is_text() {
        return ui.json(&kept);
    }
    let goes = match text::one_line(&kept.hosts.join(", ")) {
        bound if bound.is_empty() => "It is sent nowhere".to_owned(),
        bound => format!("It is sent to {bound} and nowhere else"),
    };
    ui.result(&format!("Kept {} ({}). {goes}.\n", text::one_line(&kept.name), text::one_line(&kept.kind)))
}

async fn remove(ui: &Ui, client: &Client, name: &str) -> Result<(), Failure> {
    client.delete_credential(name).await?;
    if ui.is_text() { ui.result(&format!("Removed {name}.\n")) } else { ui.json(&json!({ "removed": name })) }
}

fn tell_list(ui: &Ui, list: &CredentialList) -> Result<(), Failure> {
    match ui.output {
        Output::Json => ui.json(list),
        Output::Jsonl => ui.json_list(&list.credentials),
        Output::Text => {
            let zone = TimeZone::system();
            let rows = list.credentials.iter().map(|credential| {
                vec![
                    credential.name.clone(),
                    credential.kind.clone(),
                    credential.hosts.join(", "),
                    known_fields(credential),
                    time::stamp(credential.updated, &zone),
                ]
            });
            let empty = "No credentials yet. Set one: sayflow credentials set NAME --type TYPE --field …";
            ui.result(&table::render(&["name", "type", "sent to", "fields", "set"], rows.collect(), empty, &ui.out))
        }
    }
}

/// Plain fields with their values, secret ones by name only.
fn known_fields(credential: &CredentialInfo) -> String {
    let plain = credential.fields.iter().map(|(name, value)| format!("{name}={value}"));
    let secret = credential.secret_fields.iter().map(|name| format!("{name}=(secret)"));
    plain.chain(secret).collect::<Vec<_>>().join(" ")
}
