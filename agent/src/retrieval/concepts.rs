//! What different words of requests have in common: `get rid of`, `erase` and `delete` are one concept. The table is
//! `concepts.txt`, data that anybody can extend.

use std::collections::HashMap;
use std::sync::LazyLock;

/// One line a concept: its name, a colon, and the words and phrases that stand for it, with commas.
const TABLE: &str = include_str!("concepts.txt");

/// A phrase by the stems that it begins with.
struct Phrase {
    rest: Vec<String>,
    concept: &'static str,
}

static PHRASES: LazyLock<HashMap<String, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<String, Vec<Phrase>> = HashMap::new();
    for (concept, words) in lines() {
        for phrase in words.split(',') {
            let mut stems = super::stems::all_stems(phrase).into_iter();
            let Some(first) = stems.next() else { continue };
            phrases.entry(first).or_default().push(Phrase { rest: stems.collect(), concept });
        }
    }
    phrases
});

fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'))
}

/// The concepts in a row of stems, stop words included, with repeats. The longest phrase at a place counts, and its
/// words are not looked at again: in "get rid of" nothing is fetched.
pub(super) fn concepts(stems: &[String]) -> Vec<&'static str> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < stems.len() {
        let known = PHRASES.get(&stems[at]).map_or(&[][..], Vec::as_slice);
        let matching = || known.iter().filter(|phrase| stems[at + 1..].starts_with(&phrase.rest));
        let longest = matching().map(|phrase| phrase.rest.len()).max().unwrap_or(0);
        found.extend(matching().filter(|phrase| phrase.rest.len() == longest).map(|phrase| phrase.concept));
        at += 1 + longest;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::stems::all_stems;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn words_and_phrases_stand_for_their_concept() {
        assert_eq!(concepts(&all_stems("get rid of the old files")), concepts(&all_stems("erase the old file")));
        assert!(concepts(&all_stems("xylophone")).is_empty());
    }

    #[test]
    fn every_line_of_the_table_is_a_concept_with_words_and_none_is_there_twice() {
        let (mut names, mut twice) = (HashSet::new(), Vec::new());
        for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            let (name, words) = line.split_once(':').unwrap();
            assert!(!name.trim().is_empty() && words.split(',').all(|word| !all_stems(word).is_empty()), "{line}");
            assert!(names.insert(name), "{name} has two lines");
            let mut seen = HashSet::new();
            twice.extend(words.split(',').filter(|word| !seen.insert(all_stems(word))).map(|word| format!("{name}:{word}")));
        }
        assert!(twice.is_empty(), "{twice:?}");
    }
}
