//! `sayflow templates show`: what a template does, what can be set, and where it reads and writes.

use crate::connect::Session;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::render::footprint;
use crate::ui::screen::Screen;
use crate::ui::{Ui, text};
use clap::Args;
use sayflow_client::Client;
use sayflow_protocol::api::template::{TemplateOrigin, TemplateSlot, TemplateView};
use serde_json::Value;
use std::fmt::Write as _;

const EXAMPLES: &str = "\
Examples:
  sayflow templates show low-stock-alert
  sayflow templates show low-stock-alert --yaml
  sayflow templates show low-stock-alert --output json";

/// Show what a template does and what can be set
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ShowArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Print the template as a file
    #[arg(long)]
    yaml: bool,
}

/// Shows it.
pub(super) async fn run(ui: &Ui, args: &ShowArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        let view = interrupts.guard(async { Ok(client.template(&args.name).await?) }).await?;
        match (ui.is_text(), args.yaml) {
            (false, _) => ui.json(&view)?,
            (true, true) => ui.result(&view.yaml)?,
            (true, false) => ui.result(&page(&view, &ui.out))?,
        }
        Ok(Exit::Done)
    };
    Ok(session.during(ui, interrupts, work).await)
}

fn page(view: &TemplateView, screen: &Screen) -> String {
    let info = &view.info;
    let mut page = format!("{}\n", screen.bold(&text::one_line(&info.name)));
    let _ = writeln!(page, "{}", text::wrap(&text::one_line(&info.description), screen.width, 0));
    if info.origin == TemplateOrigin::Imported {
        let _ = writeln!(page, "{}", screen.dim("Taken in from a file: read what it does before you run it."));
    }
    let _ = writeln!(page, "\n{}", text::prose(&text::lines(view.summary.trim()), screen.width));
    slots(&mut page, &info.slots, screen);
    if !view.footprint.is_empty() {
        let _ = writeln!(page, "\n{}", screen.bold("Reads and writes"));
        page.push_str(&footprint::render(&view.footprint, screen));
    }
    let _ = writeln!(page, "\n{}", screen.bold("For requests such as"));
    for example in &info.examples {
        let line = format!("  {} {}", screen.pick("•", "-"), text::one_line(example));
        let _ = writeln!(page, "{}", text::wrap(&line, screen.width, 4));
    }
    let _ = writeln!(page, "\n{}", screen.dim(&format!("Use it: {}", command(info.name.as_str(), &info.slots))));
    page
}

fn slots(page: &mut String, slots: &[TemplateSlot], screen: &Screen) {
    if slots.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n{}", screen.bold("Can be set"));
    let widest = slots.iter().map(|slot| text::width(&slot.name)).max().unwrap_or(0);
    for slot in slots {
        let default = match (&slot.default, slot.required) {
            (_, true) => "needed".to_owned(),
            (Some(Value::String(text)), _) => text.clone(),
            (Some(value), _) => value.to_string(),
            (None, false) => "yours".to_owned(),
        };
        let name = text::pad(&text::one_line(&slot.name), widest);
        let line = format!("  {name}  {}  {}", text::one_line(&slot.description), screen.dim(&format!("[{}]", text::one_line(&default))));
        let _ = writeln!(page, "{}", text::wrap(&line, screen.width, widest + 4));
    }
}

fn command(name: &str, slots: &[TemplateSlot]) -> String {
    let shown: Vec<&TemplateSlot> =
        slots.iter().filter(|slot| slot.required).chain(slots.iter().filter(|slot| !slot.required).take(1)).collect();
    let values: String = shown.iter().map(|slot| format!(" --set {}=…", text::one_line(&slot.name))).collect();
    format!("sayflow templates use {}{values}", text::one_line(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::plain;
    use sayflow_protocol::api::template::TemplateInfo;
    use serde_json::json;

    #[test]
    fn a_page_tells_what_it_does_and_what_can_be_set() {
        let slot = |name: &str, description: &str, default: Option<Value>, required| TemplateSlot {
            name: name.to_owned(),
            description: description.to_owned(),
            default,
            required,
            ..TemplateSlot::default()
        };
        let view = TemplateView {
            info: TemplateInfo {
                name: "low-stock-alert".to_owned(),
                description: "Posts the products that run low.".to_owned(),
                examples: vec!["warn #warehouse when stock runs low".to_owned()],
                slots: vec![
                    slot("threshold", "Products with fewer pieces than this are listed.", Some(json!(10)), false),
                    slot("channel", "The Slack channel.", None, true),
                    slot("timezone", "The time zone of the schedule.", None, false),
                ],
                origin: TemplateOrigin::Imported,
                ..TemplateInfo::default()
            },
            summary: "Each day at 8, posts to #warehouse.".to_owned(),
            footprint: Vec::new(),
            workflow: json!({}),
            payload: None,
            yaml: String::new(),
        };
        insta::assert_snapshot!("template_page", page(&view, &plain(80)));
    }
}
