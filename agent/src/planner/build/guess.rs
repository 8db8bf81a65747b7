//! Which of the person's own files or tables is meant when a request only says what is in it: "customers who …" with
//! one `customers.csv` in the workspace folder.

use super::super::places::{Source, nouns_of};
use super::Builder;
use crate::language::{Token, english, stem};

/// A file or table that may be meant.
struct Candidate {
    source: Source,
    title: String,
    nouns: Vec<String>,
}

impl Builder<'_> {
    /// Reads the one file or table whose name the words say. Asks when several are called so. None when no name
    /// fits.
    pub fn read_guessed(&mut self, tokens: &[Token], words: &[String]) -> Option<bool> {
        let stems = nouns_said(tokens);
        if stems.is_empty() {
            return None;
        }
        let mut scored: Vec<(usize, Candidate)> = self
            .candidates(tokens)
            .into_iter()
            .filter_map(|candidate| {
                let hits = candidate.nouns.iter().filter(|noun| stems.contains(noun)).count();
                let whole = hits == candidate.nouns.len();
                (hits > 0 && (whole || hits > 1)).then_some((hits * 2 + usize::from(whole), candidate))
            })
            .collect();
        let best = scored.iter().map(|(score, _)| *score).max()?;
        scored.retain(|(score, _)| *score == best);
        let chosen = if scored.len() == 1 {
            scored.pop().map(|(_, candidate)| candidate)?
        } else {
            let titles: Vec<String> = scored.iter().map(|(_, candidate)| candidate.title.clone()).collect();
            let choices: Vec<&str> = titles.iter().map(String::as_str).collect();
            let Some(answer) = self.ask("source", "Which of these holds the data that is meant?", &choices) else { return Some(false) };
            let place = titles.iter().position(|title| title.eq_ignore_ascii_case(answer.trim()))?;
            scored.swap_remove(place).1
        };
        self.notes.push(format!("The data comes from {}, which has that name.", chosen.title));
        Some(self.read(&chosen.source, words))
    }

    /// The files and tables of the workspace, without those that the words themselves name as a place.
    fn candidates(&self, tokens: &[Token]) -> Vec<Candidate> {
        let lexicon = english();
        let mut found = Vec::new();
        for path in self.context.samples.files() {
            let extension = path.rsplit('.').next().unwrap_or_default().to_lowercase();
            let written = self.written.iter().any(|(file, _)| *file == path) || tokens.iter().any(|token| token.text == path);
            if lexicon.databases.contains(&extension) {
                for (table, _) in self.context.samples.tables(&path).unwrap_or_default() {
                    found.push(Candidate {
                        title: format!("{table} in {path}"),
                        nouns: nouns_of(&table),
                        source: Source::Database(path.clone(), Some(table), None),
                    });
                }
            } else if !written && lexicon.formats.get(&extension).is_some_and(|format| format != "binary") {
                found.push(Candidate { title: path.clone(), nouns: nouns_of(&path), source: Source::File(path) });
            }
        }
        found.retain(|candidate| !candidate.nouns.is_empty());
        // A file goes before a table of the same name.
        let files: Vec<Vec<String>> =
            found.iter().filter(|candidate| matches!(candidate.source, Source::File(_))).map(|candidate| candidate.nouns.clone()).collect();
        found.retain(|candidate| matches!(candidate.source, Source::File(_)) || !files.contains(&candidate.nouns));
        found
    }
}

/// Stems of the nouns in some words: no small words, and words such as "report" only where they speak of a certain one.
fn nouns_said(tokens: &[Token]) -> Vec<String> {
    let lexicon = english();
    tokens
        .iter()
        .enumerate()
        .filter(|(at, token)| {
            let certain = *at > 0 && tokens[at - 1].is_any(&["the", "this", "my", "our", "all", "these"]);
            token.is_word() && !lexicon.is_stop(&token.norm) && (certain || !lexicon.is_carrier(&token.norm)) && token.norm.len() > 2
        })
        .map(|(_, token)| stem(token.norm.trim_end_matches("'s").trim_end_matches('\'')))
        .collect()
}
