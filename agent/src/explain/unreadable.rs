//! A YAML text that cannot be read because an expression in it needs quotes.

use sayflow_engine::document::{Document, Format};
use sayflow_protocol::Diagnostic;

/// The most lines that are mended.
const MOST: usize = 32;

/// The text with quotes around the expressions that keep it from being read; none when it can be read as it is, or when
/// something else is wrong with it.
pub fn with_expressions_quoted(text: &str) -> Option<String> {
    let mut mended = text.to_owned();
    for _ in 0..MOST {
        let found = match Document::parse(&mended, Format::Yaml) {
            Ok(_) => return (mended != text).then_some(mended),
            Err(found) => found,
        };
        mended = quoted_near(&mended, found.first()?)?;
    }
    None
}

/// Puts quotes around the value of the line in which reading failed, or of the one before: the reader may notice it late.
fn quoted_near(text: &str, finding: &Diagnostic) -> Option<String> {
    let line = finding.span.as_ref()?.line as usize;
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let at = (line.saturating_sub(2)..line).rev().find(|at| lines.get(*at).is_some_and(|line| quoted(line).is_some()))?;
    lines[at] = quoted(&lines[at])?;
    Some(lines.concat())
}

/// The line with its value in quotes, where that is a text with an expression that has none.
fn quoted(line: &str) -> Option<String> {
    let end = &line[line.trim_end().len()..];
    let body = line.trim_end();
    let start = body.find(": ").map(|at| at + 2).or_else(|| body.find("- ").map(|at| at + 2))?;
    let (key, value) = (&body[..start], body[start..].trim());
    let bare = value.contains("${{") && !value.starts_with(['"', '\'', '|', '>', '{', '[', '#']);
    bare.then(|| format!("{key}'{}'{end}", value.replace('\'', "''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_need_quotes_get_them() {
        let text = "name: x\nsteps:\n  - id: a # first\n    if: ${{ inputs.n ? true : false }}\n    uses: data.set\n    with:\n      text: ${{ item.a }}: it's ${{ item.b }}\n";
        let mended = with_expressions_quoted(text).unwrap();
        assert!(mended.contains("    if: '${{ inputs.n ? true : false }}'\n"), "{mended}");
        assert!(mended.contains("      text: '${{ item.a }}: it''s ${{ item.b }}'\n"), "{mended}");
        assert_eq!(Document::parse(&mended, Format::Yaml).unwrap().value["steps"][0]["with"]["text"], "${{ item.a }}: it's ${{ item.b }}");
    }

    #[test]
    fn what_can_be_read_or_is_broken_otherwise_is_left_alone() {
        assert_eq!(with_expressions_quoted("name: x\n"), None);
        assert_eq!(with_expressions_quoted("name: [x\nsteps: y\n"), None);
    }
}
