//! Findings of the checks, with the place in the source text marked.

use crate::failure::Document;
use crate::ui::screen::Screen;
use crate::ui::text;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity as Weight};
use sayflow_protocol::{Diagnostic, Severity};
use std::fmt::Write as _;

/// All findings, each with its excerpt where the document is at hand. Ends with a line break.
pub fn render_all(diagnostics: &[Diagnostic], document: Option<&Document>, screen: &Screen) -> String {
    let mut rendered = String::new();
    for diagnostic in diagnostics {
        match (document, diagnostic.span) {
            (Some(document), Some(span)) if span.start <= span.end && span.end <= document.text.len() => {
                rendered.push_str(&excerpt(diagnostic, document, span.start..span.end, screen));
            }
            _ => rendered.push_str(&short(diagnostic, screen)),
        }
    }
    rendered
}

/// `2 errors, 1 warning`.
pub fn tally(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count() as u64;
    let warnings = diagnostics.len() as u64 - errors;
    match (errors, warnings) {
        (0, _) => text::count(warnings, "warning", "warnings"),
        (_, 0) => text::count(errors, "error", "errors"),
        _ => format!("{}, {}", text::count(errors, "error", "errors"), text::count(warnings, "warning", "warnings")),
    }
}

fn excerpt(diagnostic: &Diagnostic, document: &Document, place: std::ops::Range<usize>, screen: &Screen) -> String {
    // Escaping would shift the byte offsets, so harmful characters become one-byte question marks; those of several bytes
    // are left to the label, which is placed by bytes: each byte becomes one mark.
    let source: String = document.text.chars().fold(String::with_capacity(document.text.len()), |mut safe, character| {
        if character.is_control() && !matches!(character, '\n' | '\r' | '\t') {
            safe.extend(std::iter::repeat_n('?', character.len_utf8()));
        } else {
            safe.push(character);
        }
        safe
    });
    let weight = match diagnostic.severity {
        Severity::Error => Weight::Error,
        Severity::Warning => Weight::Warning,
    };
    let mut report = MietteDiagnostic::new(format!("{} {}", diagnostic.code, text::one_line(&diagnostic.message)))
        .with_severity(weight)
        .with_label(LabeledSpan::underline(place));
    if let Some(help) = &diagnostic.help {
        report = report.with_help(text::lines(help));
    }
    let report = Report::new(report).with_source_code(NamedSource::new(text::one_line(&document.name), source));
    let mut rendered = String::new();
    let handler = GraphicalReportHandler::new_themed(theme(screen)).with_width(screen.width).with_links(false).with_context_lines(1);
    if handler.render_report(&mut rendered, report.as_ref()).is_err() {
        return short(diagnostic, screen);
    }
    rendered
}

fn theme(screen: &Screen) -> GraphicalTheme {
    let mut theme = match (screen.unicode, screen.color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, _) => GraphicalTheme::ascii(),
    };
    theme.styles = if screen.color { miette::ThemeStyles::ansi() } else { miette::ThemeStyles::none() };
    theme
}

fn short(diagnostic: &Diagnostic, screen: &Screen) -> String {
    let word = match diagnostic.severity {
        Severity::Error => screen.bad("error"),
        Severity::Warning => screen.warn("warning"),
    };
    let mut rendered = String::new();
    let place = if diagnostic.pointer.is_empty() { String::new() } else { format!(" at {}", text::one_line(&diagnostic.pointer)) };
    let message = text::wrap(&text::one_line(&diagnostic.message), screen.width, 2);
    let _ = writeln!(rendered, "{word} {}{}\n  {message}", diagnostic.code, screen.dim(&place));
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(rendered, "  {} {}", screen.hint("help:"), text::wrap(&text::lines(help), screen.width, 8));
    }
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::{ascii, plain};
    use sayflow_protocol::Span;

    fn unknown_step() -> (Diagnostic, Document) {
        let text = "name: news\nsteps:\n  - id: post\n    uses: data.set\n    with: { values: \"${{ steps.storys.output }}\" }\n";
        let start = text.find("storys").unwrap();
        let diagnostic = Diagnostic {
            code: "E0203".to_owned(),
            severity: Severity::Error,
            pointer: "/steps/0/with/values".to_owned(),
            span: Some(Span { start, end: start + 6, line: 5, column: 31 }),
            message: "unknown step \"storys\"".to_owned(),
            help: Some("did you mean \"stories\"?".to_owned()),
        };
        (diagnostic, Document { name: "news.yaml".to_owned(), text: text.to_owned(), format: "yaml".to_owned() })
    }

    #[test]
    fn marks_the_place_in_the_source() {
        let (diagnostic, document) = unknown_step();
        insta::assert_snapshot!("diagnostic_unicode", render_all(std::slice::from_ref(&diagnostic), Some(&document), &plain(80)));
        insta::assert_snapshot!("diagnostic_ascii", render_all(&[diagnostic], Some(&document), &ascii(80)));
    }

    #[test]
    fn names_the_pointer_where_there_is_no_source() {
        let (diagnostic, _) = unknown_step();
        insta::assert_snapshot!("diagnostic_without_source", render_all(&[diagnostic], None, &plain(80)));
    }

    #[test]
    fn a_span_outside_the_text_does_not_break_the_report() {
        let (mut diagnostic, document) = unknown_step();
        diagnostic.span = Some(Span { start: 9_000, end: 9_001, line: 400, column: 1 });
        assert!(render_all(&[diagnostic], Some(&document), &plain(80)).contains("unknown step"));
    }

    #[test]
    fn findings_are_counted() {
        let (error, _) = unknown_step();
        let warning = Diagnostic { severity: Severity::Warning, ..error.clone() };
        assert_eq!(tally(&[error.clone(), error.clone(), warning.clone()]), "2 errors, 1 warning");
        assert_eq!(tally(&[warning]), "1 warning");
    }
}
