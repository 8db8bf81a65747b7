//! Texts to terms: word stems and character 4-grams, with stand-ins for addresses, paths and channels.

use regex::Regex;
use rust_stemmers::{Algorithm, Stemmer};
use std::sync::LazyLock;

/// Words that say nothing about what is asked.
const STOP_WORDS: &[&str] = &[
    "a", "about", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "d", "did", "do",
    "does", "for", "from", "had", "has", "have", "he", "her", "here", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its",
    "just", "like", "ll", "m", "me", "my", "need", "of", "on", "or", "our", "out", "please", "re", "s", "she", "should", "so", "some", "t",
    "that", "the", "their", "them", "then", "there", "these", "they", "thing", "this", "those", "to", "too", "up", "us", "ve", "want",
    "was", "we", "were", "what", "when", "which", "who", "will", "with", "would", "you", "your",
];

/// What a place that stands in a request says about what is asked.
type Words = fn(&str) -> &'static str;

/// A kind of place that stands in requests as it is.
struct Mention {
    pattern: Regex,
    words: Words,
}

static MENTIONS: LazyLock<Vec<Mention>> = LazyLock::new(|| {
    let table: [(&str, Words); 4] = [
        (r"(?i)\bhttps?://\S+", url_words),
        (r"(?i)\b[\w.+-]+@[\w-]+\.[\w.-]+", |_| " email address "),
        (r"(?i)(?:^|\s)#[a-z][\w-]*", |_| " channel "),
        (r"(?i)\b[\w./-]+\.(?:csv|tsv|json|jsonl|ya?ml|xml|txt|log|md|html?|db|sqlite3?)\b", path_words),
    ];
    table.into_iter().filter_map(|(pattern, words)| Some(Mention { pattern: Regex::new(pattern).ok()?, words })).collect()
});

fn url_words(url: &str) -> &'static str {
    let url = url.to_ascii_lowercase();
    if ["feed", "rss", "atom"].iter().any(|word| url.contains(word)) { " url feed " } else { " url " }
}

fn path_words(path: &str) -> &'static str {
    let extension = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "csv" | "tsv" => " file csv ",
        "json" | "jsonl" => " file json ",
        "yml" | "yaml" => " file yaml ",
        "xml" => " file xml ",
        "htm" | "html" => " file html ",
        "db" | "sqlite" | "sqlite3" => " database sqlite ",
        _ => " file text ",
    }
}

/// The terms of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    /// Stems of the words that say something, in order, with repeats.
    pub(super) stems: Vec<String>,
    /// 4-grams of the same words with a mark at both ends, with repeats.
    pub(super) grams: Vec<String>,
}

/// Takes a text apart.
pub(super) fn terms(text: &str) -> Terms {
    let mut text = text.to_owned();
    for mention in MENTIONS.iter() {
        text = mention.pattern.replace_all(&text, |found: &regex::Captures<'_>| (mention.words)(&found[0])).into_owned();
    }
    let stemmer = Stemmer::create(Algorithm::English);
    let mut found = Terms::default();
    for word in text.to_lowercase().replace(['’', '\''], "").split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() || STOP_WORDS.binary_search(&word).is_ok() || word.chars().all(|c| c.is_ascii_digit()) {
            continue;
        }
        found.stems.push(stemmer.stem(word).into_owned());
        push_grams(word, &mut found.grams);
    }
    found
}

fn push_grams(word: &str, grams: &mut Vec<String>) {
    let marked: Vec<char> = std::iter::once('^').chain(word.chars()).chain(std::iter::once('$')).collect();
    grams.extend(marked.windows(4).map(|window| window.iter().collect::<String>()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stop_words_are_sorted_so_that_they_are_found() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn words_are_stemmed_and_empty_words_left_out() {
        assert_eq!(terms("Please, could you be filtering the orders").stems, ["filter", "order"]);
    }

    #[test]
    fn places_stand_for_what_they_are() {
        assert_eq!(terms("https://x.example/feed.xml to ann@x.example").stems, ["url", "feed", "email", "address"]);
        assert_eq!(terms("data/orders.csv into shop.db").stems, ["file", "csv", "database", "sqlite"].map(stem));
        assert_eq!(terms("tell #ops").stems, ["tell", "channel"]);
    }

    #[test]
    fn grams_mark_the_ends_of_a_word() {
        assert_eq!(terms("feed").grams, ["^fee", "feed", "eed$"]);
    }

    fn stem(word: &str) -> String {
        Stemmer::create(Algorithm::English).stem(word).into_owned()
    }
}
