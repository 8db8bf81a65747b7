//! Workflow documents that are named on the command line: a file, stdin, or the name of a saved workflow.

use crate::failure::{Document, Failure};
use std::io::Read;
use std::path::Path;

/// The name that stands for stdin.
pub const STDIN: &str = "-";
/// No document is larger; what is, was named by mistake.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// What a word on the command line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A document's text.
    Document(Document),
    /// A saved workflow.
    Workflow(String),
}

/// A file if there is one or the word looks like a path; a saved workflow otherwise.
pub fn named(word: &str) -> Result<Named, Failure> {
    if word == STDIN || Path::new(word).is_file() || looks_like_path(word) {
        return read(word).map(Named::Document);
    }
    Ok(Named::Workflow(word.to_owned()))
}

fn looks_like_path(word: &str) -> bool {
    let path = Path::new(word);
    path.components().count() > 1
        || path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| format_of(extension).is_some())
}

fn format_of(extension: &str) -> Option<&'static str> {
    match extension.to_ascii_lowercase().as_str() {
        "yaml" | "yml" => Some("yaml"),
        "json" => Some("json"),
        "toml" => Some("toml"),
        _ => None,
    }
}

/// Reads a document from a file, or from stdin for `-`.
pub fn read(word: &str) -> Result<Document, Failure> {
    if word == STDIN {
        let text = stdin()?;
        let format = guess(&text).to_owned();
        return Ok(Document { name: "stdin".to_owned(), text, format });
    }
    let text = file(word)?;
    let of_name = Path::new(word).extension().and_then(|extension| extension.to_str()).and_then(format_of);
    let format = of_name.unwrap_or_else(|| guess(&text)).to_owned();
    Ok(Document { name: word.to_owned(), text, format })
}

/// JSON begins with a brace; YAML is the rest.
fn guess(text: &str) -> &'static str {
    if text.trim_start().starts_with('{') { "json" } else { "yaml" }
}

/// All of stdin, as text.
pub fn stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable("stdin", &error))?;
    as_text("stdin", bytes)
}

/// All of a file, as text.
pub fn file(path: &str) -> Result<String, Failure> {
    let opened = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    as_text(path, bytes)
}

fn as_text(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::new("too_large", format!("{name} is larger than 8 MiB.")).help("Name the workflow document, not its data."));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        Failure::new("not_text", format!("{name} is not UTF-8 text: byte {} does not fit.", error.utf8_error().valid_up_to()))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::NotFound => Failure::new("no_such_file", format!("There is no file \"{name}\"."))
            .help("Check the path; it is taken from the folder you are in."),
        std::io::ErrorKind::IsADirectory => Failure::new("not_a_file", format!("\"{name}\" is a folder.")).help("Name a file in it."),
        _ => Failure::new("unreadable", format!("\"{name}\" cannot be read: {error}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_file_a_path_or_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("flow.toml");
        std::fs::write(&file, "\u{feff}name = 'a'").unwrap();
        let Ok(Named::Document(document)) = named(file.to_str().unwrap()) else { panic!("no document") };
        assert_eq!((document.format.as_str(), document.text.as_str()), ("toml", "name = 'a'"));
        assert_eq!(named("rust-news"), Ok(Named::Workflow("rust-news".to_owned())));
        for missing in ["missing.yaml", "a/missing"] {
            assert_eq!(named(missing).unwrap_err().code, "no_such_file");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_with_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("flow.yaml");
        std::fs::write(&file, b"name: \xff").unwrap();
        let failure = read(file.to_str().unwrap()).unwrap_err();
        assert!(failure.message.contains("byte 6"), "{}", failure.message);
        assert_eq!(read(folder.path().to_str().unwrap()).unwrap_err().code, "not_a_file");
    }
}
