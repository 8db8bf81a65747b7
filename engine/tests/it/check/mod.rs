//! The checks: broken documents with their exact findings, good ones with none, and the footprint.

pub(crate) mod catalogue;
mod footprint;
mod good;

use sayflow_engine::check::{CheckEnv, Checked, check, check_value};
use sayflow_engine::document::{Document, Format};
use sayflow_protocol::{Diagnostic, Severity};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Checks a text against the test catalogue, with an account of type slack and two of type smtp.
fn check_text(text: &str, format: Format) -> Result<Checked, Vec<Diagnostic>> {
    let catalogue = catalogue::catalogue();
    let credentials = [("team", "slack"), ("api", "http-bearer"), ("work", "smtp"), ("home", "smtp")]
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()));
    let now = "2026-06-01T00:00:00Z".parse().expect("a time");
    let env = CheckEnv { catalogue: &catalogue, credentials: &credentials, now, timezone: "UTC" };
    Document::parse(text, format).map(|document| check(&document, &env))
}

fn fixtures() -> Vec<PathBuf> {
    let folder = root().join("tests/it/broken");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("the fixtures").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn findings(path: &Path) -> (String, Vec<Diagnostic>) {
    let text = std::fs::read_to_string(path).expect("a text");
    let format = Format::from_path(path).expect("a known extension");
    let found = check_text(&text, format).map_or_else(|findings| findings, |checked| checked.diagnostics);
    (text, found)
}

/// A finding the way the snapshots show it: with the stretch of the text that its span covers.
fn show(text: &str, found: &[Diagnostic]) -> String {
    let mut out = String::new();
    for finding in found {
        let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
        let place = finding.span.map_or_else(String::new, |span| {
            format!("{}:{} {:?}", span.line, span.column, text.get(span.start..span.end).map_or("?", short))
        });
        let _ = writeln!(out, "{severity} {} at {:?} {place}\n  {}", finding.code, finding.pointer, finding.message);
        if let Some(help) = &finding.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out
}

fn short(text: &str) -> &str {
    text.char_indices().nth(90).map_or(text, |(end, _)| &text[..end])
}

#[test]
fn every_broken_document_gets_its_exact_findings() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 40, "{}", fixtures.len());
    for path in fixtures {
        let (text, found) = findings(&path);
        let name = path.file_name().expect("a name").to_string_lossy().replace('.', "_");
        assert!(!found.is_empty(), "{name} has no findings");
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../broken_findings");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, show(&text, &found)));
    }
}

#[test]
fn every_code_has_a_page_and_a_document_that_produces_it() {
    let produced: BTreeSet<String> = fixtures().iter().flat_map(|path| findings(path).1).map(|finding| finding.code).collect();
    let folder = root().join("../docs/diagnostics");
    let pages: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the pages")
        .filter_map(|entry| entry.expect("an entry").path().file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .filter(|stem| stem != "README")
        .collect();
    let without_page: Vec<&String> = produced.difference(&pages).collect();
    let without_document: Vec<&String> = pages.difference(&produced).collect();
    let index = std::fs::read_to_string(root().join("../docs/diagnostics/README.md")).expect("the index");
    let not_listed: Vec<&String> = pages.iter().filter(|code| !index.contains(&format!("({code}.md)"))).collect();
    assert!(not_listed.is_empty(), "pages that the index does not list: {not_listed:?}");
    assert!(without_page.is_empty(), "codes without a page: {without_page:?}");
    assert!(without_document.is_empty(), "pages whose code no fixture produces: {without_document:?}");
}

#[test]
fn every_code_in_the_source_is_produced_by_a_document() {
    let produced: BTreeSet<String> = fixtures().iter().flat_map(|path| findings(path).1).map(|finding| finding.code).collect();
    let mut written = BTreeSet::new();
    for folder in ["check", "document", "expr"] {
        for entry in std::fs::read_dir(root().join("src").join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                codes_in(&std::fs::read_to_string(path).expect("a source"), &mut written);
            }
        }
    }
    let never: Vec<&String> = written.difference(&produced).collect();
    assert!(never.is_empty(), "codes that no fixture produces: {never:?}");
}

/// The codes that stand in quotes in a source: `"E0101"`.
fn codes_in(source: &str, codes: &mut BTreeSet<String>) {
    for part in source.split('"') {
        let mut letters = part.chars();
        let kind = letters.next();
        if part.len() == 5 && matches!(kind, Some('E' | 'W')) && letters.all(|letter| letter.is_ascii_digit()) {
            codes.insert(part.to_owned());
        }
    }
}

#[test]
fn a_document_beyond_the_limit_is_refused() {
    let text = format!("name: x\ndescription: {}\n", "x".repeat(1 << 20));
    let found = check_text(&text, Format::Yaml).expect_err("too large");
    assert_eq!(found[0].code, "E0103");
}

#[test]
fn however_a_document_is_cut_off_each_finding_points_into_it() {
    for path in fixtures() {
        let text = std::fs::read_to_string(&path).expect("a text");
        let format = Format::from_path(&path).expect("a known extension");
        for end in (0..text.len().min(1500)).step_by(41).filter(|end| text.is_char_boundary(*end)) {
            let cut = &text[..end];
            let found = check_text(cut, format).map_or_else(|findings| findings, |checked| checked.diagnostics);
            for finding in found {
                let span = finding.span.expect("a place");
                assert!(span.start <= span.end && cut.get(span.start..span.end).is_some(), "{path:?} cut at {end}: {finding:?}");
            }
        }
    }
}

#[test]
fn a_value_without_text_gets_the_same_findings_without_places() {
    let catalogue = catalogue::catalogue();
    let env = CheckEnv { catalogue: &catalogue, credentials: &[], now: "2026-06-01T00:00:00Z".parse().expect("a time"), timezone: "UTC" };
    let value = serde_json::json!({ "name": "a", "steps": [{ "id": "x", "uses": "feed.raed" }], "tags": 7 });
    let found: Vec<(String, Option<_>)> =
        check_value(&value, &env).diagnostics.into_iter().map(|finding| (finding.code, finding.span)).collect();
    assert_eq!(found, [("E0301".to_owned(), None), ("E0110".to_owned(), None)]);
}
