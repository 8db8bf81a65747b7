//! One attempt of one step, with what went in and what came out: for looking at a run step by step.

use super::value;
use crate::ui::screen::Screen;
use crate::ui::text;
use sayflow_protocol::RunError;
use serde_json::Value;
use std::fmt::Write as _;

/// How it ended.
#[derive(Debug, Clone, Copy)]
pub enum Ending<'a> {
    /// Well.
    Well(&'a Value),
    /// Well, with an output that was made up.
    Simulated(&'a Value),
    /// Badly.
    Badly(&'a RunError),
    /// It was sent and nobody knows whether it arrived.
    Unknown(&'a RunError),
    /// It was left out.
    Skipped(&'a str),
}

/// The step, its input and its output. Ends with a line break.
pub fn render(step: &str, input: Option<&Value>, ending: Ending<'_>, screen: &Screen) -> String {
    let name = screen.bold(&text::one_line(step));
    let mut rendered = match ending {
        Ending::Well(_) => format!("{} {name}\n", screen.good(screen.pick("✔", "ok"))),
        Ending::Simulated(_) => format!("{} {name}  {}\n", screen.hint("~"), screen.dim("simulated")),
        Ending::Badly(_) => format!("{} {name}  failed\n", screen.bad(screen.pick("✖", "x"))),
        Ending::Unknown(_) => format!("{} {name}  outcome unknown\n", screen.warn("?")),
        Ending::Skipped(why) => format!("{} {name}  skipped: {}\n", screen.dim(screen.pick("–", "-")), text::one_line(why)),
    };
    if let Some(input) = input {
        part(&mut rendered, "input", input, screen);
    }
    match ending {
        Ending::Well(output) | Ending::Simulated(output) => part(&mut rendered, "output", output, screen),
        Ending::Badly(error) | Ending::Unknown(error) => {
            let words = format!("{} {}", text::lines(&error.message), screen.dim(&format!("({})", text::one_line(&error.code))));
            let _ = writeln!(rendered, "    {}", text::wrap(&words, screen.width, 4));
            if let Some(help) = &error.help {
                let _ = writeln!(rendered, "    {} {}", screen.hint("help:"), text::wrap(&text::lines(help), screen.width, 10));
            }
        }
        Ending::Skipped(_) => {}
    }
    rendered
}

fn part(rendered: &mut String, name: &str, value: &Value, screen: &Screen) {
    let _ = writeln!(rendered, "  {}", screen.dim(name));
    if value.is_null() {
        let _ = writeln!(rendered, "    {}", screen.dim("nothing"));
        return;
    }
    let flat = value.as_object().is_some_and(|fields| fields.values().all(|field| !field.is_object() && !field.is_array()));
    let line = text::one_line(&value.to_string());
    if !flat && !value.is_string() && text::width(&line) + 4 <= screen.width {
        let _ = writeln!(rendered, "    {line}");
    } else {
        rendered.push_str(&value::block(value, 4, screen));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::plain;
    use serde_json::json;

    #[test]
    fn an_attempt_shows_what_went_in_and_what_came_out() {
        let input = json!({ "path": "orders.csv", "rows": [1, 2] });
        let output = json!({ "count": 2 });
        insta::assert_snapshot!("attempt_80", render("group/read", Some(&input), Ending::Well(&output), &plain(80)));
        let error =
            RunError { code: "file_not_found".into(), message: "there is no file".into(), step: None, help: Some("check it".into()) };
        let failed = render("read", None, Ending::Badly(&error), &plain(80));
        assert_eq!(failed, "✖ read  failed\n    there is no file (file_not_found)\n    help: check it\n");
        assert_eq!(render("b", None, Ending::Skipped("its condition was false"), &plain(80)), "– b  skipped: its condition was false\n");
    }
}
