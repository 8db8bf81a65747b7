//! Tables of phrases of one or more words, matched longest first at a place in a token list.

use super::token::Token;
use std::collections::HashMap;

/// Phrases with what they mean.
#[derive(Debug, Clone)]
pub struct Phrases<T> {
    by_first: HashMap<String, Vec<(Vec<String>, T)>>,
}

impl<T> Default for Phrases<T> {
    fn default() -> Self {
        Self { by_first: HashMap::new() }
    }
}

impl<T: Clone> Phrases<T> {
    /// Adds a phrase; of two with the same words the first stays.
    pub fn add(&mut self, phrase: &str, meaning: T) {
        let words: Vec<String> = phrase.split_whitespace().map(str::to_owned).collect();
        let Some(first) = words.first().cloned() else { return };
        let list = self.by_first.entry(first).or_default();
        if list.iter().any(|(known, _)| *known == words) {
            return;
        }
        let place = list.iter().position(|(known, _)| known.len() < words.len()).unwrap_or(list.len());
        list.insert(place, (words, meaning));
    }

    /// Adds many phrases of one meaning.
    pub fn add_all<S: AsRef<str>>(&mut self, phrases: &[S], meaning: &T) {
        for phrase in phrases {
            self.add(phrase.as_ref(), meaning.clone());
        }
    }

    /// The longest phrase that starts at `at`: its length in tokens and its meaning.
    pub fn at(&self, tokens: &[Token], at: usize) -> Option<(usize, &T)> {
        let first = tokens.get(at).filter(|token| token.is_word())?;
        let found = self.by_first.get(&first.norm)?.iter().find(|(words, _)| {
            words.len() <= tokens.len() - at && words.iter().zip(&tokens[at..]).all(|(word, token)| token.is_word() && token.norm == *word)
        })?;
        Some((found.0.len(), &found.1))
    }

    /// The meaning of a phrase given as text.
    pub fn get(&self, phrase: &str) -> Option<&T> {
        let words: Vec<&str> = phrase.split_whitespace().collect();
        self.by_first.get(*words.first()?)?.iter().find(|(known, _)| *known == words).map(|(_, meaning)| meaning)
    }

    /// Every word of every phrase.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.by_first.values().flatten().flat_map(|(words, _)| words.iter().map(String::as_str))
    }
}
