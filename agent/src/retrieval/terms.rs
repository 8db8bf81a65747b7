//! Texts to terms: word stems, character 4-grams and concepts, with stand-ins for addresses, paths and channels.

use super::concepts::concepts;
use super::stems::words;
use rust_stemmers::{Algorithm, Stemmer};

/// Words that say nothing about what is asked.
const STOP_WORDS: &[&str] = &[
    "a", "about", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "d", "did", "do",
    "does", "for", "from", "had", "has", "have", "he", "her", "here", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its",
    "just", "like", "ll", "m", "me", "my", "need", "of", "on", "or", "our", "out", "please", "re", "s", "she", "should", "so", "some", "t",
    "that", "the", "their", "them", "then", "there", "these", "they", "thing", "this", "those", "to", "too", "up", "us", "ve", "want",
    "was", "we", "were", "what", "when", "which", "who", "will", "with", "would", "you", "your",
];

/// The terms of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    /// Stems of the words that say something, in order, with repeats.
    pub(super) stems: Vec<String>,
    /// 4-grams of the same words with a mark at both ends, with repeats.
    pub(super) grams: Vec<String>,
    /// Names of the concepts that its words and phrases stand for, with repeats.
    pub(super) concepts: Vec<&'static str>,
}

/// Takes a text apart.
pub(super) fn terms(text: &str) -> Terms {
    let stemmer = Stemmer::create(Algorithm::English);
    let (mut found, mut all) = (Terms::default(), Vec::new());
    for word in words(text) {
        let stem = stemmer.stem(&word).into_owned();
        if STOP_WORDS.binary_search(&word.as_str()).is_err() && !word.chars().all(|c| c.is_ascii_digit()) {
            found.stems.push(stem.clone());
            push_grams(&word, &mut found.grams);
        }
        all.push(stem);
    }
    found.concepts = concepts(&all);
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
