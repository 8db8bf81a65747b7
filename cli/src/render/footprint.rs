//! Where a workflow reads and writes, as aligned lines.

use crate::ui::screen::Screen;
use crate::ui::text;
use sayflow_protocol::{Destination, DestinationKind, Effect, FootprintEntry};
use std::fmt::Write as _;

/// Columns before the kind of a place: margin, effect and the gap between them.
const BEFORE_KIND: usize = 10;
/// Columns of the arrow before the steps, at most.
const ARROW: usize = 3;

/// One line for each place, writes first. Ends with a line break; empty for an empty footprint.
pub fn render(footprint: &[FootprintEntry], screen: &Screen) -> String {
    let places: Vec<String> = footprint.iter().map(place).collect();
    let steps: Vec<String> = footprint.iter().map(|entry| text::one_line(&entry.steps.join(", "))).collect();
    let widest = |texts: &[String]| texts.iter().map(|text| text::width(text)).max().unwrap_or(0);
    let kinds = footprint.iter().map(|entry| text::width(kind(entry))).max().unwrap_or(0);
    let for_steps = (widest(&steps) + ARROW).min(screen.width / 4);
    let widest = widest(&places).min(screen.width.saturating_sub(BEFORE_KIND + kinds + for_steps + 4).max(20));
    let mut rendered = String::new();
    for ((entry, place), steps) in footprint.iter().zip(&places).zip(&steps) {
        let word = match entry.effect {
            Effect::Write => screen.warn("writes"),
            Effect::Read => "reads ".to_owned(),
            Effect::None => "uses  ".to_owned(),
        };
        let kind = text::pad(kind(entry), kinds);
        let steps = screen.dim(&format!("{} {steps}", screen.pick("←", "<-")));
        let line = format!("  {word}  {kind}  {}  {steps}", text::pad(&screen.cut_to(place, widest), widest));
        let _ = writeln!(rendered, "{}", screen.cut(&line).trim_end());
    }
    rendered
}

fn kind(entry: &FootprintEntry) -> &str {
    if let Some(service) = &entry.service {
        return service;
    }
    match entry.kind {
        DestinationKind::Host => "host",
        DestinationKind::Channel => "channel",
        DestinationKind::Recipient => "mail",
        DestinationKind::File => "file",
        DestinationKind::Database => "database",
        DestinationKind::Resource => "resource",
        DestinationKind::Workflow => "workflow",
        DestinationKind::Model => "model",
    }
}

/// The place in words. A place that is known only from data names where it comes from and what it is held to.
pub fn place(entry: &FootprintEntry) -> String {
    match &entry.destination {
        Destination::Fixed(place) => text::one_line(place),
        Destination::Dynamic { dynamic, allow, max } => {
            let mut words = format!("from data: {}", text::one_line(dynamic));
            if allow.is_empty() {
                words.push_str(" (anywhere)");
            } else {
                let _ = write!(words, " (only {})", text::one_line(&allow.join(", ")));
            }
            if let Some(max) = max {
                let _ = write!(words, ", at most {max}");
            }
            words
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::{ascii, plain};

    fn entry(effect: Effect, kind: DestinationKind, place: &str, service: Option<&str>, steps: &[&str]) -> FootprintEntry {
        FootprintEntry {
            effect,
            kind,
            destination: Destination::Fixed(place.to_owned()),
            service: service.map(str::to_owned),
            steps: steps.iter().map(|step| (*step).to_owned()).collect(),
            dynamic: false,
        }
    }

    #[test]
    fn lines_are_aligned_and_data_driven_places_say_so() {
        let mut dynamic = entry(Effect::Write, DestinationKind::Recipient, "", Some("smtp"), &["mail"]);
        dynamic.destination =
            Destination::Dynamic { dynamic: "steps.people.output".to_owned(), allow: vec!["*@example.com".to_owned()], max: Some(20) };
        dynamic.dynamic = true;
        let footprint = [
            entry(Effect::Write, DestinationKind::Channel, "#news", Some("slack"), &["post"]),
            dynamic,
            entry(Effect::Read, DestinationKind::Host, "news.example:443", None, &["stories", "more"]),
            entry(
                Effect::Read,
                DestinationKind::File,
                "a/very/long/path/that/goes/on/and/on/until/it/has/to/be/cut/somewhere.csv",
                None,
                &["read"],
            ),
        ];
        insta::assert_snapshot!("footprint_80", render(&footprint, &plain(80)));
        insta::assert_snapshot!("footprint_120_ascii", render(&footprint, &ascii(120)));
    }
}
