//! A verb's error on stderr: what happened, where, the way out.

use super::diagnostic;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::screen::Screen;
use crate::ui::text;

/// The message, findings and help. Ends with a line break.
pub fn render(failure: &Failure, screen: &Screen) -> String {
    if failure.exit == Exit::Cancelled {
        return format!("{}\n", text::lines(&failure.message));
    }
    let mut rendered = format!("{} {}\n", screen.bad("error:"), text::wrap(&text::lines(&failure.message), screen.width - 7, 0));
    if !failure.diagnostics.is_empty() {
        rendered.push_str(&diagnostic::render_all(&failure.diagnostics, failure.document.as_deref(), screen));
    }
    if let Some(help) = &failure.help {
        rendered.push_str(&format!("{} {}\n", screen.hint(" help:"), text::wrap(&text::lines(help), screen.width, 7)));
    }
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::plain;

    #[test]
    fn says_what_happened_and_the_way_out() {
        let failure = Failure::new("no_such_file", "There is no file \"x.yaml\".").help("Check the path.");
        assert_eq!(render(&failure, &plain(80)), "error: There is no file \"x.yaml\".\n help: Check the path.\n");
    }
}
