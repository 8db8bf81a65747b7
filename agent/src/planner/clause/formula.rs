//! Arithmetic over fields in the midst of something else: `the total of stock * price`, `sort by stock * price`. It
//! becomes a field of its own, so that everything that can be asked of a field can be asked of it.

use super::super::build::Builder;
use super::super::chunk::Chunk;
use super::super::fields::{FieldKind, FieldRef, Fields, Fit, names_for, normal};
use super::super::js;
use crate::language::{Act, Token, TokenKind, english, number_at, stem, tokenize};
use std::ops::Range;

/// What became of a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formula {
    /// A column that was asked for.
    Column,
    /// A helping field, named in the clause by this.
    Helper(String),
}

/// Finds a formula in the clause, works it out for each item, and puts the new field's name in its place.
pub fn fold(builder: &mut Builder<'_>, chunk: &mut Chunk, act: Option<Act>) -> Option<Formula> {
    let focus = builder.focus.clone().filter(|focus| focus.is_list())?;
    let column = (0..chunk.len()).find(|&at| ["column", "field"].contains(&chunk.word(at)));
    let measured = (0..chunk.len()).find(|&at| english().measures.at(&chunk.tokens, at).is_some());
    let computes =
        act == Some(Act::Measure) || chunk.tokens.iter().any(|token| token.is_any(&["compute", "calculate", "work", "multiply"]));
    let equal = chunk.tokens.iter().any(|token| token.is("="));
    let loose = column.is_some() || measured.is_some() || computes || equal;
    let (range, expression, said) = (0..chunk.len()).find_map(|at| parse(chunk, at, &focus.fields, loose))?;
    let named = name_before(chunk, range.start, column).or_else(|| name_behind(chunk, range.end));
    let name = named.as_ref().map_or_else(|| said.join("_"), |(name, _)| name.clone());
    builder.add_field(&name, &format!("Number(({expression}).toFixed(10))"))?;
    let measures = measured.is_some_and(|at| at < range.start) && column.is_none();
    if let Some((_, span)) = &named {
        chunk.take(span.clone());
    }
    if column.is_some() || (computes && !measures) {
        let lead = column.filter(|at| *at < range.start).unwrap_or(range.start);
        for at in lead.saturating_sub(4)..range.end {
            let before =
                at >= lead || chunk.free(at) && ["a", "an", "new", "another", "extra", "computed", "calculated"].contains(&chunk.word(at));
            if before && chunk.free(at) {
                chunk.take(at..at + 1);
            }
        }
        return Some(Formula::Column);
    }
    let mut word = tokenize(&name).into_iter().next().unwrap_or_else(|| chunk.tokens[range.start].clone());
    word.kind = TokenKind::Word;
    word.text.clone_from(&name);
    word.norm = name.to_lowercase();
    word.stem = stem(&word.norm);
    (word.start, word.end) = (chunk.tokens[range.start].start, chunk.tokens[range.end - 1].end);
    chunk.tokens.splice(range.clone(), [word]);
    let mark = super::super::chunk::Mark::Free;
    chunk.marks.splice(range, [mark]);
    Some(if named.is_some() { Formula::Column } else { Formula::Helper(name) })
}

/// An operator's sign and its length in tokens.
fn operator_at(tokens: &[Token], at: usize) -> Option<(char, usize)> {
    let token = tokens.get(at)?;
    let next = |word: &str| tokens.get(at + 1).is_some_and(|token| token.is(word));
    Some(match token.norm.as_str() {
        "*" | "times" | "×" | "·" => ('*', 1),
        "multiplied" if next("by") || next("with") => ('*', 2),
        "divided" if next("by") => ('/', 2),
        "/" | "÷" => ('/', 1),
        "+" | "plus" => ('+', 1),
        "-" | "–" | "−" | "minus" | "less" => ('-', 1),
        _ => return None,
    })
}

fn percent(tokens: &[Token], at: usize) -> bool {
    matches!(&tokens[at].kind, TokenKind::Number(number) if number.percent)
        || matches!(tokens[at].kind, TokenKind::Number(_))
            && tokens.get(at + 1).is_some_and(|next| next.is("percent") || next.is_punct('%'))
}

/// One operand as an expression, what it is called, whether it is a share in percent, and its length.
struct Term {
    expression: String,
    said: String,
    share: bool,
    field: bool,
    length: usize,
}

fn term_at(chunk: &Chunk, at: usize, fields: &Fields) -> Option<Term> {
    let mut start = at;
    while ["the", "its", "their", "a"].contains(&chunk.free_word(start)) {
        start += 1;
    }
    let skipped = start - at;
    if !chunk.free(start) {
        return None;
    }
    if matches!(chunk.tokens[start].kind, TokenKind::Number(_)) {
        let (value, length) = number_at(english(), &chunk.tokens, start)?;
        let share = percent(&chunk.tokens, start);
        let unit = share && !matches!(&chunk.tokens[start].kind, TokenKind::Number(number) if number.percent);
        let length = skipped + length + usize::from(unit);
        let said = js::number(value).replace(['.', '-'], "_");
        // "20% of the amount"
        if share && chunk.free_word(at + length) == "of" {
            let of = term_at(chunk, at + length + 1, fields).filter(|of| of.field)?;
            let expression = format!("({} * {} / 100)", of.expression, js::number(value));
            return Some(Term {
                expression,
                said: format!("{said}_percent_of_{}", of.said),
                share: false,
                field: true,
                length: length + 1 + of.length,
            });
        }
        return Some(Term { expression: js::number(value), said, share, field: false, length });
    }
    for length in (1..=3_usize).rev() {
        let quoted = length == 1 && chunk.tokens[start].quoted().is_some();
        if !chunk.all_free(start..start + length)
            || !(quoted
                || chunk.tokens[start..start + length]
                    .iter()
                    .all(|token| Token::is_word(token) && token.norm.contains(char::is_alphanumeric)))
        {
            continue;
        }
        let words: Vec<&str> = chunk.tokens[start..start + length].iter().map(|token| token.quoted().unwrap_or(&token.norm)).collect();
        let field = match fields.find(&words) {
            Some((field, fit)) if fit >= Fit::Synonym || length > 1 && field.covers(&words, &[]) => Some(FieldRef::Known(field.clone())),
            None if !fields.known && length == 1 && !english().is_stop(words[0]) => Some(FieldRef::Named(names_for(&words))),
            _ => None,
        };
        let Some(field) = field.filter(|field| matches!(field.kind(), FieldKind::Number | FieldKind::NumberText | FieldKind::Unknown))
        else {
            continue;
        };
        let said = normal(&field.name()).replace(' ', "_");
        return Some(Term {
            expression: format!("Number({})", field.of("item")),
            said,
            share: false,
            field: true,
            length: skipped + length,
        });
    }
    None
}

/// A formula that starts at a place: its tokens, its expression, and the words of a name for it. Signs that also join
/// or part words count only where the clause works something out.
fn parse(chunk: &Chunk, at: usize, fields: &Fields, loose: bool) -> Option<(Range<usize>, String, Vec<String>)> {
    let opened = usize::from(chunk.free(at) && chunk.tokens[at].is_punct('('));
    let first = term_at(chunk, at + opened, fields)?;
    let mut expression = if opened == 1 { format!("({}", first.expression) } else { first.expression };
    let (mut open, mut any_field, mut said) = (opened, first.field, vec![first.said]);
    let mut place = at + opened + first.length;
    let mut operators = usize::from(loose && expression.contains("/ 100"));
    while let Some((sign, length)) = operator_at(&chunk.tokens, place).filter(|(_, length)| chunk.all_free(place..place + length)) {
        let nested = usize::from(chunk.free(place + length) && chunk.tokens[place + length].is_punct('('));
        let Some(next) = term_at(chunk, place + length + nested, fields) else { break };
        if sign != '*' && !loose && !(sign == '/' && next.field && any_field) {
            break;
        }
        if next.share {
            let factor = if sign == '-' { format!("(1 - {} / 100)", next.expression) } else { format!("(1 + {} / 100)", next.expression) };
            expression = match sign {
                '+' | '-' => format!("({expression}) * {factor}"),
                sign => format!("{expression} {sign} ({} / 100)", next.expression),
            };
        } else {
            expression = format!("{expression} {sign} {}{}", if nested == 1 { "(" } else { "" }, next.expression);
        }
        any_field |= next.field;
        said.extend([
            match sign {
                '*' => "times",
                '/' => "by",
                '+' => "plus",
                _ => "minus",
            }
            .to_owned(),
            next.said,
        ]);
        open += nested;
        place += length + nested + next.length;
        operators += 1;
        while open > 0 && chunk.tokens.get(place).is_some_and(|token| token.is_punct(')')) {
            expression.push(')');
            open -= 1;
            place += 1;
        }
    }
    (operators > 0 && any_field && open == 0).then_some((at..place, expression, said))
}

fn plain_name(chunk: &Chunk, at: usize) -> Option<String> {
    let token = chunk.tokens.get(at).filter(|_| chunk.free(at))?;
    let text = token.quoted().map_or_else(|| token.is_word().then(|| token.text.clone()), |text| Some(text.to_owned()))?;
    let usable =
        text.starts_with(char::is_alphabetic) && (token.quoted().is_some() || !english().is_stop(&token.norm) || token.norm == "total");
    usable.then_some(text)
}

/// "a column vat = …", "a field called gross that is …", "vat as …".
fn name_before(chunk: &Chunk, start: usize, column: Option<usize>) -> Option<(String, Range<usize>)> {
    const LINKS: [&str; 18] = [
        "=",
        "is",
        "that",
        "which",
        "being",
        "as",
        "with",
        "holding",
        "equal",
        "equals",
        "to",
        "the",
        "of",
        "containing",
        "for",
        "shows",
        "computed",
        "showing",
    ];
    let mut place = start;
    while place > 0
        && chunk.free(place - 1)
        && (LINKS.contains(&chunk.word(place - 1)) || chunk.tokens[place - 1].is_punct(':') || chunk.tokens[place - 1].is_punct('('))
    {
        place -= 1;
    }
    if let Some(column) = column.filter(|column| *column < start) {
        let mut at = column + 1;
        while ["called", "named", "for", "with", "name", "the"].contains(&chunk.free_word(at)) {
            at += 1;
        }
        if at < start
            && let Some(name) = plain_name(chunk, at)
        {
            return Some((name, column..at + 1));
        }
        // "a vat column = …"
        let name = column
            .checked_sub(1)
            .and_then(|at| plain_name(chunk, at))
            .filter(|name| !["new", "extra", "another"].contains(&name.as_str()))?;
        return Some((name, column - 1..column + 1));
    }
    let linked = (place..start).any(|at| chunk.word(at) == "=");
    let at = place.checked_sub(1)?;
    plain_name(chunk, at).filter(|_| linked).map(|name| (name, at..start))
}

/// "… as value", "… into a column called value".
fn name_behind(chunk: &Chunk, end: usize) -> Option<(String, Range<usize>)> {
    let mut at = end;
    let led = ["as", "called", "named", "into", "in"].contains(&chunk.free_word(at));
    let mut sure = ["as", "called", "named"].contains(&chunk.free_word(at));
    while ["as", "called", "named", "into", "in", "a", "an", "new", "column", "field", "the"].contains(&chunk.free_word(at)) {
        sure |= ["column", "field"].contains(&chunk.free_word(at));
        at += 1;
    }
    plain_name(chunk, at)
        .filter(|name| led && sure && english().format_words.get(&name.to_lowercase()).is_none())
        .map(|name| (name, end..at + 1))
}
