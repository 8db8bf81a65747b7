//! Texts to words and their stems, with stand-ins for addresses, paths and channels.

use rust_stemmers::{Algorithm, Stemmer};

/// The stems of all words, also of those that say nothing by themselves: phrases are made of them.
pub(super) fn all_stems(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    words(text).iter().map(|word| stemmer.stem(word).into_owned()).collect()
}

/// The words in lower case, with what a place says about itself in its stead.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for token in text.to_lowercase().replace('’', "'").split_whitespace() {
        let plain = mention(token).map_or_else(|| token.replace('\'', ""), str::to_owned);
        words.extend(plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned));
    }
    words
}

/// What a place that stands in a text says about what is asked, in words. None for ordinary words.
fn mention(word: &str) -> Option<&'static str> {
    let word = word.trim_matches(|c: char| matches!(c, '"' | '\'' | '`' | '(' | ')' | '<' | '>' | ',' | ';' | ':' | '.' | '?'));
    if word.starts_with("http://") || word.starts_with("https://") {
        let is_feed = ["feed", "rss", "atom"].iter().any(|part| word.contains(part));
        return Some(if is_feed { "url feed" } else { "url" });
    }
    if let Some((name, host)) = word.split_once('@') {
        return (!name.is_empty() && host.contains('.')).then_some("email address");
    }
    if let Some(channel) = word.strip_prefix('#') {
        return channel.starts_with(char::is_alphabetic).then_some("channel");
    }
    let (name, extension) = word.rsplit_once('.')?;
    if name.is_empty() { None } else { file_words(extension) }
}

fn file_words(extension: &str) -> Option<&'static str> {
    match extension {
        "csv" | "tsv" => Some("file csv"),
        "json" | "jsonl" => Some("file json"),
        "yml" | "yaml" => Some("file yaml"),
        "xml" => Some("file xml"),
        "htm" | "html" => Some("file html"),
        "txt" | "log" | "md" => Some("file text"),
        "db" | "sqlite" | "sqlite3" => Some("database sqlite"),
        _ => None,
    }
}
