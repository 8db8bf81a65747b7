//! A text becomes tokens.

use super::lexicon::{Lexicon, english, stem};
use super::spelling;
use super::token::{Entity, Number, Token, TokenKind};
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

macro_rules! pattern {
    ($name:ident, $text:literal) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| {
            #[allow(clippy::expect_used, reason = "a constant pattern, compiled by the tests")]
            Regex::new($text).expect("constant pattern")
        });
    };
}

mod entity;
use entity::{entity_at, loose_json, whole_entity};

pattern!(URL, r#"^(?:https?://|s3://|www\.)[^\s<>"'“”`]+"#);
pattern!(EMAIL, r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+");
pattern!(CHANNEL, r"^#[A-Za-z][A-Za-z0-9_-]*");
pattern!(CHAT, r"^@[A-Za-z][A-Za-z0-9_]*|^-100\d{5,}|^-\d{5,}");
pattern!(DATE, r"^(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?\b");
pattern!(DATE_DOTS, r"^(\d{1,2})\.(\d{1,2})\.(\d{4})\b");
pattern!(DATE_SLASHES, r"^(\d{1,2})/(\d{1,2})/(\d{4})\b");
pattern!(CLOCK, r"(?i)^(\d{1,2})(?:[:.](\d{2}))?\s?(am|pm|a\.m\.|p\.m\.)(?:\b|\s|$|,)|^(\d{1,2}):(\d{2})(?:h|\b)|^(\d{1,2})h(\d{2})?\b");
pattern!(SPAN, r"(?i)^(\d+(?:\.\d+)?)(ms|s|secs?|m|mins?|h|hrs?|d)\b");
pattern!(
    NUMBER,
    r"(?i)^([$€£¥]\s?|-)?([$€£¥])?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(k|m|bn|b)?(%|\s?(?:€|£|\$|eur|euros?|usd|dollars?|bucks|gbp|pounds)(?:\b|\s|$))?"
);
pattern!(PATH, r"^(?:\./)?(?:[\w.@+-]*[\w*]/)*[\w*?{][\w.*?+{}-]*\.[A-Za-z][A-Za-z0-9]{0,7}\b|^(?:\./)?(?:[\w.@+-]*[\w*]/)+\*");
pattern!(FOLDER, r"^(?:\./)?(?:[A-Za-z_][\w.-]*/)+");
pattern!(NESTED_FOLDER, r"^[A-Za-z_][\w-]*(?:/[A-Za-z_][\w-]*)+");
pattern!(ROUTE, r"^/[A-Za-z][\w-]*(?:/[\w-]+)*");
pattern!(WORD, r"^[\p{L}\p{N}_$&](?:[\p{L}\p{N}_$&]|['’\-.][\p{L}\p{N}_$])*\+?");
pattern!(OPERATOR, r"^(?:>=|<=|===|!==|==|!=|<>|≥|≤|≠|>|<|=|\*|\+)");
pattern!(ORDINAL, r"^(\d{1,2})(st|nd|rd|th)\b");
pattern!(BULLET, r"^(?:[-*•–]\s+|\(?\d{1,2}[.)]\s+|[a-h][.)]\s+|step\s+\d{1,2}\s*[:.)-]\s*)");
pattern!(
    SQL,
    r"(?is)^(?:select\s.+?\sfrom\s.+?|insert\s+into\s.+?\svalues\s*\(.+?\)|update\s+\S+\s+set\s.+?|delete\s+from\s+\S+.*?)(?:;|\n|$|\s+(?:against|on|in|from)\s+\S+\.(?:db|sqlite3?)\b)"
);

/// Reads a text into tokens.
pub fn tokenize(text: &str) -> Vec<Token> {
    let lexicon = english();
    let mut scanner = Scanner { text, at: 0, tokens: Vec::new(), lexicon };
    while scanner.at < text.len() {
        scanner.step();
    }
    scanner.tokens
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
    lexicon: &'static Lexicon,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn line_start(&self) -> bool {
        self.tokens.last().is_none_or(|last| last.kind == TokenKind::Break)
    }

    fn at_word_start(&self) -> bool {
        self.text[..self.at].chars().next_back().is_none_or(|c| c.is_whitespace() || "([{“\"'«:,;/–—-".contains(c))
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let text = &self.text[self.at..self.at + length];
        let mut norm = text.trim().to_lowercase().replace('’', "'");
        if kind == TokenKind::Word
            && (text.chars().all(char::is_lowercase) || self.line_start())
            && let Some(mended) = spelling::mend(self.lexicon, &norm)
        {
            norm = mended;
        }
        let stem = stem(&norm);
        self.tokens.push(Token { kind, text: text.trim().to_owned(), norm, stem, start: self.at, end: self.at + length });
        self.at += length;
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        if self.line_start()
            && let Some(found) = BULLET.find(rest)
            && !rest[found.end()..].trim().is_empty()
        {
            self.push(TokenKind::Break, found.end());
            return;
        }
        if first == '\n' {
            self.push(TokenKind::Break, 1);
            return;
        }
        // ".tmp files": the dot belongs to the extension.
        let extension = first == '.' && self.at_word_start() && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic());
        if first.is_whitespace() || extension {
            self.at += first.len_utf8();
            return;
        }
        if self.quoted(first) || self.json(first) || (self.at_word_start() && (self.entity() || self.number())) {
            return;
        }
        if let Some(found) = WORD.find(rest) {
            let word = rest[..found.end()].trim_end_matches('+');
            self.push(TokenKind::Word, word.len().max(1));
            return;
        }
        if let Some(found) = OPERATOR.find(rest) {
            self.push(TokenKind::Word, found.end());
            return;
        }
        if first == '#' || first == '→' {
            self.push(if first == '#' { TokenKind::Word } else { TokenKind::Punct(';') }, first.len_utf8());
            return;
        }
        self.push(TokenKind::Punct(first), first.len_utf8());
    }

    fn quoted(&mut self, first: char) -> bool {
        let rest = self.rest();
        let closing = match first {
            '"' => '"',
            '“' | '„' => '”',
            '«' => '»',
            '`' => '`',
            '\'' | '‘' if self.at_word_start() => {
                if first == '\'' {
                    '\''
                } else {
                    '’'
                }
            }
            _ => return false,
        };
        let body = &rest[first.len_utf8()..];
        let end = body.char_indices().find(|&(place, c)| {
            let closes = c == closing || (first == '“' && c == '"') || (first == '„' && c == '“');
            closes
                && (first != '\'' && first != '‘' || body[place + c.len_utf8()..].chars().next().is_none_or(|next| !next.is_alphanumeric()))
        });
        let Some((end, mark)) = end.filter(|(end, _)| *end > 0) else { return false };
        let inner = body[..end].to_owned();
        let sql = SQL.is_match(inner.trim()) && inner.trim().contains(' ');
        let entity =
            if sql { Entity::Sql(inner.trim().to_owned()) } else { whole_entity(&inner, self.lexicon).unwrap_or(Entity::Quoted(inner)) };
        self.push(TokenKind::Entity(entity), first.len_utf8() + end + mark.len_utf8());
        true
    }

    fn json(&mut self, first: char) -> bool {
        if first != '{' && first != '[' {
            return false;
        }
        let rest = self.rest();
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let strict = match stream.next() {
            Some(Ok(value)) => Some((value, stream.byte_offset())),
            _ => loose_json(rest),
        };
        let Some((value, length)) = strict.filter(|(value, _)| value.is_object() || value.as_array().is_some_and(|list| !list.is_empty()))
        else {
            return false;
        };
        self.push(TokenKind::Entity(Entity::Json(value)), length);
        true
    }

    fn entity(&mut self) -> bool {
        let rest = self.rest();
        if let Some((entity, length)) = entity_at(rest, self.lexicon) {
            self.push(TokenKind::Entity(entity), length);
            return true;
        }
        if rest.get(..7).is_some_and(|head| {
            head.eq_ignore_ascii_case("select ")
                || head.eq_ignore_ascii_case("insert ")
                || head.eq_ignore_ascii_case("update ")
                || head.eq_ignore_ascii_case("delete ")
        }) && rest[..6].chars().all(char::is_uppercase)
            && let Some(found) = SQL.find(rest)
        {
            let statement = found.as_str().trim_end_matches(['\n', ';']);
            let cut = SQL_TAIL.find(statement).map_or(statement.len(), |tail| tail.start());
            let sql = statement[..cut].trim().trim_end_matches('.').to_owned();
            self.push(TokenKind::Entity(Entity::Sql(sql)), cut);
            return true;
        }
        false
    }

    fn number(&mut self) -> bool {
        let rest = self.rest();
        if let Some(found) = ORDINAL.find(rest) {
            self.push(TokenKind::Word, found.end());
            return true;
        }
        let Some(found) = NUMBER.captures(rest) else { return false };
        let group = |n: usize| found.get(n).map_or("", |part| part.as_str());
        let whole = &found[0];
        let after = rest[whole.len()..].chars().next();
        if after.is_some_and(|c| (c.is_alphabetic() || c == '_' || c == '-') && !whole.ends_with(' ')) && after != Some('+') {
            return false;
        }
        let digits = format!("{}{}", group(3).replace(',', ""), group(4));
        let Ok(mut value) = digits.parse::<f64>() else { return false };
        value *= match group(5).to_lowercase().as_str() {
            "k" => 1e3,
            "m" => 1e6,
            "b" | "bn" => 1e9,
            _ => 1.0,
        };
        if group(1) == "-" {
            value = -value;
        }
        let unit = group(6).trim();
        let currency = !group(2).is_empty() || group(1).trim().chars().any(|c| "$€£¥".contains(c)) || (!unit.is_empty() && unit != "%");
        self.push(TokenKind::Number(Number { value, currency, percent: unit == "%" }), whole.trim_end().len());
        true
    }
}

pattern!(SQL_TAIL, r"(?i)\s+(?:against|on|in|from)\s+\S+\.(?:db|sqlite3?)$|\.\s");

pattern!(OUTSIDE, r"^\.\./[\w./-]+");

#[cfg(test)]
mod tests;
