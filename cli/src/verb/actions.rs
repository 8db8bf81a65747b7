//! `sayflow actions`: what steps can do.

use crate::connect::Session;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::render::table;
use crate::ui::screen::Screen;
use crate::ui::{Ui, text};
use clap::Args;
use sayflow_client::Client;
use sayflow_protocol::{ActionInfo, Effect};
use serde_json::{Value, json};
use std::fmt::Write as _;

const EXAMPLES: &str = "\
Examples:
  sayflow actions
  sayflow actions http.request
  sayflow actions --output json";

/// List the actions that steps can use, or show one
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ActionsArgs {
    /// An action, such as `http.request`
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// Lists all, or shows one.
pub async fn run(ui: &Ui, args: &ActionsArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        let list = interrupts.guard(async { Ok(client.actions().await?) }).await?;
        tell(ui, args.id.as_deref(), &list.actions)?;
        Ok(Exit::Done)
    };
    Ok(session.during(ui, interrupts, work).await)
}

fn tell(ui: &Ui, id: Option<&str>, actions: &[ActionInfo]) -> Result<(), Failure> {
    let Some(id) = id else { return all(ui, actions) };
    let action = actions.iter().find(|action| action.id == id);
    let action =
        action.ok_or_else(|| Failure::new("not_found", format!("There is no action \"{id}\".")).help("List them all: sayflow actions"))?;
    if ui.is_text() { ui.result(&page(action, &ui.out)) } else { ui.json(&listed(action)) }
}

fn all(ui: &Ui, actions: &[ActionInfo]) -> Result<(), Failure> {
    if !ui.is_text() {
        return ui.json_list(&actions.iter().map(listed).collect::<Vec<_>>());
    }
    let rows = actions.iter().map(|action| vec![action.id.clone(), word(action.effect).to_owned(), action.title.clone()]).collect();
    ui.result(&table::render(&["id", "effect", "title"], rows, "No actions.", &ui.out))
}

/// `{id, title, effect, credential, params, output}`.
fn listed(action: &ActionInfo) -> Value {
    json!({
        "id": action.id,
        "title": action.title,
        "effect": action.effect,
        "credential": action.credential,
        "params": action.params,
        "output": action.output,
    })
}

fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::None => "none",
        Effect::Read => "read",
        Effect::Write => "write",
    }
}

fn page(action: &ActionInfo, screen: &Screen) -> String {
    let mut page = format!("{}  {}\n", screen.bold(&text::one_line(&action.id)), text::one_line(&action.title));
    let _ = writeln!(page, "{}", text::wrap(&text::lines(&action.summary), screen.width, 0));
    let _ = writeln!(page, "\neffect      {}", word(action.effect));
    if let Some(credential) = &action.credential {
        let _ = writeln!(page, "credential  {}", text::one_line(credential));
    }
    properties(&mut page, "Parameters", &action.params, screen);
    properties(&mut page, "Output", &action.output, screen);
    page
}

fn properties(page: &mut String, heading: &str, schema: &Value, screen: &Screen) {
    let Some(fields) = schema["properties"].as_object().filter(|fields| !fields.is_empty()) else { return };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let widest = fields.keys().map(|name| text::width(name)).max().unwrap_or(0);
    let _ = writeln!(page, "\n{}", screen.bold(heading));
    for (name, field) in fields {
        let kind = kind(field);
        let need = if required.contains(&name.as_str()) { ", required" } else { "" };
        let default = field.get("default").filter(|value| !value.is_null()).map(|value| format!(", default {value}")).unwrap_or_default();
        let traits = screen.dim(&text::one_line(&format!("{kind}{need}{default}")));
        let words = field["description"].as_str().map(text::one_line).unwrap_or_default();
        let line = format!("  {}  {traits}  {words}", text::pad(&text::one_line(name), widest));
        let _ = writeln!(page, "{}", text::wrap(line.trim_end(), screen.width, widest + 4));
    }
}

/// A field's type in a word or two.
fn kind(field: &Value) -> String {
    if let Some(values) = field["enum"].as_array() {
        return values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|");
    }
    match &field["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::plain;

    #[test]
    fn a_page_tells_parameters_and_output() {
        let action = ActionInfo {
            id: "file.write".to_owned(),
            title: "Write a file".to_owned(),
            summary: "Writes content to a file in the workspace folder.".to_owned(),
            effect: Effect::Write,
            credential: None,
            params: json!({
                "properties": {
                    "path": { "type": "string", "description": "Where, relative to the workspace folder." },
                    "mode": { "enum": ["overwrite", "append"], "default": "overwrite" },
                    "content": { "description": "What." }
                },
                "required": ["path", "content"]
            }),
            output: json!({ "properties": { "bytes": { "type": ["integer", "null"] } } }),
        };
        insta::assert_snapshot!("action_page", page(&action, &plain(80)));
    }
}
