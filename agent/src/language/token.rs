//! What a text consists of: words, numbers, punctuation, line breaks, and things with a form of their own such as
//! addresses, paths and quoted text.

use serde_json::Value;

/// A number as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// Its value, thousands and the like multiplied out.
    pub value: f64,
    /// Whether it is an amount of money.
    pub currency: bool,
    /// Whether a percent sign follows.
    pub percent: bool,
}

/// A thing with a form of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Entity {
    /// An absolute URL.
    Url(String),
    /// A file of the workspace folder, or a pattern for several.
    Path(String),
    /// A folder of the workspace folder, without a slash at its end.
    Folder(String),
    /// A path that begins with a slash, as in `/orders`.
    Route(String),
    /// A SQLite file.
    Database(String),
    /// A mail address.
    Email(String),
    /// A chat channel, with its `#`.
    Channel(String),
    /// A chat by name, with its `@`, or by numeric id.
    Chat(String),
    /// A service whose account is the place, with the channel if one was named.
    Hook {
        /// Such as `discord`.
        service: String,
        /// With its `#`.
        channel: Option<String>,
    },
    /// A repository of a code host, as `owner/name`.
    Repository(String),
    /// Text in quotes.
    Quoted(String),
    /// A JSON value in braces.
    Json(Value),
    /// An SQL statement.
    Sql(String),
    /// A time of day.
    Clock(u8, u8),
    /// A calendar day.
    Date(jiff::civil::Date),
    /// A length of time in milliseconds, written as one: `30s`.
    Span(u64),
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub enum TokenKind {
    /// A word, or a sign that compares.
    Word,
    /// A number.
    Number(Number),
    /// A thing with a form of its own.
    Entity(Entity),
    /// A punctuation mark.
    Punct(char),
    /// The end of a line, or the mark of a list item.
    Break,
}

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// As written.
    pub text: String,
    /// In lower case, with typing errors mended.
    pub norm: String,
    /// The stem of `norm`.
    pub stem: String,
    /// Byte offset of its start in the text.
    pub start: usize,
    /// Byte offset behind its end.
    pub end: usize,
}

impl Token {
    /// Whether it is a word.
    pub fn is_word(&self) -> bool {
        self.kind == TokenKind::Word
    }

    /// Whether it is the punctuation mark.
    pub fn is_punct(&self, mark: char) -> bool {
        self.kind == TokenKind::Punct(mark)
    }

    /// Whether it is this word.
    pub fn is(&self, word: &str) -> bool {
        self.is_word() && self.norm == word
    }

    /// Whether it is one of these words.
    pub fn is_any(&self, words: &[&str]) -> bool {
        self.is_word() && words.contains(&self.norm.as_str())
    }

    /// The entity.
    pub fn entity(&self) -> Option<&Entity> {
        match &self.kind {
            TokenKind::Entity(entity) => Some(entity),
            _ => None,
        }
    }

    /// The text in quotes.
    pub fn quoted(&self) -> Option<&str> {
        match self.entity() {
            Some(Entity::Quoted(text)) => Some(text),
            _ => None,
        }
    }
}
