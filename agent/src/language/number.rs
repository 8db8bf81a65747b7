//! Numbers in words: `five`, `twenty five`, `a dozen`, `two hundred`.

use super::lexicon::Lexicon;
use super::token::{Token, TokenKind};

/// Whether a word stands for a number.
pub fn is_number_word(lexicon: &Lexicon, word: &str) -> bool {
    lexicon.numbers.contains_key(word)
}

/// A number at a place: its value and its length in tokens.
pub fn number_at(lexicon: &Lexicon, tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    match &tokens.get(at)?.kind {
        TokenKind::Number(number) => {
            let scale = match tokens.get(at + 1).map(|token| token.norm.as_str()) {
                Some("thousand") => 1e3,
                Some("million") => 1e6,
                Some("hundred") => 1e2,
                _ => return Some((number.value, 1)),
            };
            Some((number.value * scale, 2))
        }
        TokenKind::Word => words_at(lexicon, tokens, at),
        _ => None,
    }
}

fn words_at(lexicon: &Lexicon, tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    let article = tokens[at].norm == "a"
        && tokens.get(at + 1).is_some_and(|next| ["dozen", "couple", "hundred", "thousand", "million"].contains(&next.norm.as_str()));
    let mut place = at + usize::from(article);
    let (mut total, mut part, mut seen) = (0.0, 0.0, article);
    while let Some(token) = tokens.get(place) {
        let word = token.norm.as_str();
        if word == "and" && seen && part >= 100.0 && tokens.get(place + 1).is_some_and(|next| is_small(lexicon, &next.norm)) {
            place += 1;
            continue;
        }
        let value = match word.split_once('-') {
            Some((tens, ones)) => lexicon.numbers.get(tens).zip(lexicon.numbers.get(ones)).map(|(tens, ones)| tens + ones),
            None => lexicon.numbers.get(word).copied(),
        };
        let Some(value) = value.filter(|_| token.is_word() && (word != "no" || seen)) else { break };
        match value {
            v if v >= 1000.0 => {
                total += f64::max(part, 1.0) * v;
                part = 0.0;
            }
            v if v >= 100.0 => part = f64::max(part, 1.0) * v,
            v if word == "dozen" || word == "couple" => part = f64::max(part, 1.0) * v,
            v if seen && part % 10.0 != 0.0 && v < 100.0 => break,
            v => part += v,
        }
        seen = true;
        place += 1;
        if word == "couple" && tokens.get(place).is_some_and(|next| next.norm == "of") {
            place += 1;
        }
    }
    (seen && place > at).then_some((total + part, place - at))
}

fn is_small(lexicon: &Lexicon, word: &str) -> bool {
    lexicon.numbers.get(word.split('-').next().unwrap_or(word)).is_some_and(|value| *value < 100.0)
}

#[cfg(test)]
mod tests {
    use super::super::{english, tokenize};
    use super::*;

    #[test]
    fn numbers_are_read_in_digits_and_in_words() {
        for (text, value, length) in [
            ("five", 5.0, 1),
            ("twenty five", 25.0, 2),
            ("twenty-five", 25.0, 1),
            ("a dozen", 12.0, 2),
            ("two hundred and ten", 210.0, 4),
            ("10 thousand", 10_000.0, 2),
            ("1,000", 1000.0, 1),
            ("10k", 10_000.0, 1),
        ] {
            assert_eq!(number_at(english(), &tokenize(text), 0), Some((value, length)), "{text}");
        }
        assert_eq!(number_at(english(), &tokenize("orders"), 0), None);
    }
}
