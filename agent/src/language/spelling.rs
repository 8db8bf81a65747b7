//! Mending of typing errors in the small words that carry the structure of a request.

use super::lexicon::Lexicon;

/// What is typed in a hurry.
const SHORT: [(&str, &str); 14] = [
    ("u", "you"),
    ("ur", "your"),
    ("em", "them"),
    ("'em", "them"),
    ("nd", "and"),
    ("thru", "through"),
    ("evry", "every"),
    ("teh", "the"),
    ("hte", "the"),
    ("fro", "from"),
    ("frm", "from"),
    ("wich", "which"),
    ("tommorow", "tomorrow"),
    ("tmrw", "tomorrow"),
];

/// The word that a misspelt one most likely stands for; None when it is known or nothing fits alone.
pub fn mend(lexicon: &Lexicon, word: &str) -> Option<String> {
    if let Some((_, full)) = SHORT.iter().find(|(short, _)| *short == word) {
        return Some((*full).to_owned());
    }
    let length = word.chars().count();
    if length < 4 || !word.chars().all(|c| c.is_ascii_lowercase()) || lexicon.knows(word) {
        return None;
    }
    let budget = if length >= 8 { 2 } else { 1 };
    let mut best: Option<(usize, &str)> = None;
    let mut tie = false;
    for candidate in lexicon.mendable(length, budget) {
        let distance = strsim::osa_distance(word, candidate);
        // The first letter is seldom wrong; without this, short words would turn into each other.
        if distance == 0 || distance > budget || (candidate.as_bytes()[0] != word.as_bytes()[0] && distance > 0 && length < 6) {
            continue;
        }
        // A short word with one other letter is more likely a word of its own: "disk" is no "dusk".
        let swapped = {
            let sorted = |text: &str| {
                let mut letters: Vec<u8> = text.bytes().collect();
                letters.sort_unstable();
                letters
            };
            sorted(word) == sorted(candidate)
        };
        if length <= 5 && candidate.len() == length && !swapped {
            continue;
        }
        match best {
            Some((known, _)) if known < distance => {}
            Some((known, other)) if known == distance => tie |= super::stem(other) != super::stem(candidate),
            _ => {
                best = Some((distance, candidate));
                tie = false;
            }
        }
    }
    best.filter(|_| !tie).map(|(_, word)| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::english;
    use super::*;

    #[test]
    fn typing_errors_in_structure_words_are_mended_and_other_words_stay() {
        for (wrong, right) in
            [("evry", "every"), ("fiter", "filter"), ("wendesday", "wednesday"), ("gretaer", "greater"), ("delte", "delete")]
        {
            assert_eq!(mend(english(), wrong).as_deref(), Some(right), "{wrong}");
        }
        for word in ["orders", "berlin", "customers", "stock", "posts", "price"] {
            assert_eq!(mend(english(), word), None, "{word}");
        }
    }
}
