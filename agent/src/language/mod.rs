//! What is known of the English language: words with their meanings, kept as data under `en/`, and the reading of a
//! text into tokens. Nothing here knows of workflows.

mod lexicon;
mod number;
mod phrases;
mod scan;
mod spelling;
mod token;

pub use lexicon::{Act, Calendar, CompareOp, Direction, FieldFamilies, Lexicon, Measure, Superlative, english};
pub use number::{is_number_word, number_at};
pub use phrases::Phrases;
pub use scan::tokenize;
pub use token::{Entity, Number, Token, TokenKind};

/// The stem of a lower-case word.
pub fn stem(word: &str) -> String {
    lexicon::stem(word)
}
