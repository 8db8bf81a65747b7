//! Columns that are added, renamed or worked over: `add a column total = price * quantity`, `rename amount to total`,
//! `increase the price by 10%`, `round the amounts to 2 decimals`.

use super::super::build::{Builder, Focus, Shape};
use super::super::chunk::{Chunk, Mark};
use super::super::fields::{Field, FieldKind, FieldRef, Fields, Fit};
use super::super::js;
use crate::language::{Act, Entity, Token, TokenKind, number_at};
use indexmap::IndexMap;
use sayflow_engine::action::role;

/// What becomes of the items' fields.
enum Change {
    /// A field gets a value, an expression over `item`.
    Set(String, String),
    /// A field gets another name.
    Rename(String, String),
}

const MAKING: [&str; 10] = ["add", "create", "compute", "calculate", "append", "insert", "include", "adding", "make", "with"];

/// Whether a clause speaks of columns. Then a file behind "to" is where they are, not where the result goes.
pub fn wanted(tokens: &[Token], act: Option<Act>) -> bool {
    let first = tokens.first();
    let renames = first.is_some_and(|token| token.is_any(&["rename", "relabel"]))
        && tokens
            .iter()
            .take_while(|token| !token.is_any(&["to", "as", "into"]))
            .all(|token| token.entity().is_none() || token.quoted().is_some());
    let column = tokens.iter().position(|token| token.is_any(&["column", "field", "columns"]));
    let adds = column.is_some_and(|at| tokens[..at].iter().any(|token| token.is_any(&MAKING)))
        && tokens
            .iter()
            .any(|token| sign(token) == "=" || token.is_any(&["with", "as", "containing", "holding", "equal", "for", "which", "that"]));
    let equation = tokens.iter().position(|token| sign(token) == "=").is_some_and(|at| {
        tokens[at..]
            .iter()
            .any(|token| ["*", "+", "×"].contains(&sign(token)) || token.is_any(&["times", "plus", "minus", "divided", "multiplied"]))
    });
    let percent = first.is_some_and(|token| token.is_any(&["add", "take", "apply"]))
        && tokens.get(1).is_some_and(|token| matches!(token.kind, TokenKind::Number(number) if number.percent));
    let cased = tokens.iter().any(|token| token.is_any(&["uppercase", "lowercase", "upper-case", "lower-case"]))
        || tokens.windows(2).any(|pair| pair[0].is_any(&["upper", "lower"]) && pair[1].is("case"));
    let adjusts = tokens.iter().enumerate().any(|(at, token)| {
        token.is_any(&["increase", "raise", "reduce", "decrease", "multiply", "divide", "round", "subtract"])
            && tokens[at..].iter().any(|token| matches!(token.kind, TokenKind::Number(_)))
    });
    renames || adjusts || adds || equation || percent || cased || matches!(act, Some(Act::Adjust | Act::Uppercase | Act::Lowercase))
}

fn sign(token: &Token) -> &str {
    token.text.as_str()
}

/// Lets "add … to orders.csv" name where the columns are, and gives that file.
pub fn place_of_columns(tokens: &mut [Token], exists: &dyn Fn(&str) -> bool) -> Option<String> {
    for at in 1..tokens.len() {
        let file = match tokens[at].entity() {
            Some(Entity::Path(path)) if exists(path) => path.clone(),
            _ => continue,
        };
        if tokens[at - 1].is("to") {
            "of".clone_into(&mut tokens[at - 1].norm);
            return Some(file);
        }
    }
    None
}

/// Makes the columns. False when the clause says nothing of that kind that fits the data in hand.
pub fn perform(builder: &mut Builder<'_>, chunk: &mut Chunk) -> bool {
    let Some(focus) = builder.focus.clone().filter(|focus| focus.is_list() && !focus.fields.list.is_empty()) else { return false };
    let mut changes = renames(chunk, &focus.fields);
    if changes.is_empty() {
        let adding =
            chunk.tokens.iter().any(|token| token.is_any(&["column", "field"])) && chunk.tokens.iter().any(|token| token.is_any(&MAKING));
        changes.extend(added(chunk, &focus.fields).or_else(|| if adding { None } else { worked_over(chunk, &focus.fields) }));
    }
    if changes.is_empty() {
        return false;
    }
    changes.into_iter().all(|change| apply(builder, change).is_some())
}

fn apply(builder: &mut Builder<'_>, change: Change) -> Option<()> {
    let focus = builder.focus.clone()?;
    let spec = builder.tools.project()?;
    let mut fields = focus.fields.clone();
    let to = match change {
        Change::Set(name, value) => {
            if !fields.list.iter().any(|field| field.name == name) {
                fields.list.extend(Fields::of(&serde_json::json!([{ &name: 1 }])).list);
            }
            let key = if js::is_identifier(&name) { name } else { js::text(&name) };
            format!("({{ ...item, {key}: {value} }})")
        }
        Change::Rename(from, to) => {
            fields.list = fields.list.iter().map(|field| if field.name == from { field.renamed(&to) } else { field.clone() }).collect();
            let (from, to) = (js::text(&from), js::text(&to));
            format!("Object.fromEntries(Object.entries(item).map(pair => [pair[0] === {from} ? {to} : pair[0], pair[1]]))")
        }
    };
    let with = IndexMap::from([
        (spec.param_with_role(role::ITEMS)?.to_owned(), focus.items()),
        (spec.param_with_role(role::PROJECTION)?.to_owned(), js::whole(&to)),
    ]);
    let id = builder.add("columns", spec, with);
    builder.hold(Focus { expr: format!("steps.{id}.output.items"), shape: Shape::List, count: None, fields, ..focus });
    Some(())
}

/// A field of the data at a place, the longest name first.
fn known<'f>(chunk: &Chunk, at: usize, fields: &'f Fields) -> Option<(&'f Field, usize)> {
    (1..=3_usize).rev().find_map(|length| {
        let words = super::super::modifiers::field_words(chunk, at, length)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        fields.find(&words).filter(|(_, fit)| *fit >= Fit::Synonym || (length == 1 && *fit >= Fit::Near)).map(|(field, _)| (field, length))
    })
}

/// "rename amount to total and date to day".
fn renames(chunk: &mut Chunk, fields: &Fields) -> Vec<Change> {
    let mut changes = Vec::new();
    let renaming = chunk.tokens.iter().any(|token| token.is_any(&["rename", "renamed", "renaming", "relabel"]));
    let mut at = 0;
    while renaming && at < chunk.len() {
        let found = known(chunk, at, fields).and_then(|(field, length)| {
            let mut place = at + length;
            place += usize::from(["column", "field"].contains(&chunk.free_word(place)));
            let to = ["to", "as", "into"].contains(&chunk.free_word(place));
            let (name, stop) = new_name(chunk, place + 1).filter(|_| to)?;
            Some((Change::Rename(field.name.clone(), name), stop))
        });
        match found {
            Some((change, stop)) => {
                changes.push(change);
                chunk.take(at..stop);
                at = stop;
            }
            None => at += 1,
        }
    }
    changes
}

/// A name that is given: in quotes, or the words up to what goes on.
fn new_name(chunk: &Chunk, at: usize) -> Option<(String, usize)> {
    let mut place = at;
    while ["a", "an", "the", "new", "column", "field", "called", "named"].contains(&chunk.free_word(place)) {
        place += 1;
    }
    if let Some(text) = chunk.tokens.get(place).filter(|_| chunk.free(place)).and_then(Token::quoted) {
        return Some((text.to_owned(), place + 1));
    }
    let mut words = Vec::new();
    while words.len() < 3
        && chunk.free(place)
        && chunk.tokens[place].is_word()
        && chunk.tokens[place].text.chars().all(|c| c.is_alphanumeric() || "_-'.".contains(c))
        && ![
            "and",
            "in",
            "with",
            "as",
            "that",
            "which",
            "is",
            "then",
            "from",
            "of",
            "for",
            "to",
            "containing",
            "holding",
            "equal",
            "equals",
        ]
        .contains(&chunk.word(place))
    {
        words.push(chunk.tokens[place].text.clone());
        place += 1;
    }
    (!words.is_empty()).then(|| (words.join("_"), place))
}

/// "add a column total = price * quantity", "with a column vat that is 19% of the price".
fn added(chunk: &mut Chunk, fields: &Fields) -> Option<Change> {
    let column = (0..chunk.len()).find(|&at| ["column", "field"].contains(&chunk.free_word(at)));
    let (start, (name, mut place)) = match column {
        Some(at) if chunk.free_word(at + 1) == "for" => (at, new_name(chunk, at + 2)?),
        Some(at) => (
            at,
            new_name(chunk, at + 1)
                .or_else(|| at.checked_sub(1).and_then(|before| new_name(chunk, before).map(|(name, _)| (name, at + 1))))?,
        ),
        None => {
            let equals = (1..chunk.len()).find(|&at| chunk.free(at) && sign(&chunk.tokens[at]) == "=")?;
            (equals - 1, new_name(chunk, equals - 1)?)
        }
    };
    while chunk.free(place) && sign(chunk.tokens.get(place)?) == "="
        || chunk.tokens.get(place).is_some_and(|token| token.is_punct('(') || token.is_punct(':'))
        || [
            "with",
            "as",
            "that",
            "which",
            "is",
            "containing",
            "holding",
            "equal",
            "equals",
            "to",
            "the",
            "value",
            "of",
            "being",
            "contains",
            "holds",
        ]
        .contains(&chunk.free_word(place))
    {
        place += 1;
    }
    // The file may stand between: "add a column x to a.csv holding …".
    while chunk.marks.get(place) == Some(&Mark::Source) {
        place += 1;
    }
    place += usize::from(["holding", "containing", "with", "as", "that", "which"].contains(&chunk.free_word(place)));
    place += usize::from(["is", "holds", "contains", "equals"].contains(&chunk.free_word(place)));
    let (value, end) = value(chunk, place, fields)?;
    chunk.take(start.saturating_sub(usize::from(start > 0 && ["a", "the"].contains(&chunk.before(start))))..end);
    Some(Change::Set(name, value))
}

/// A value in words or signs, as an expression over `item`, and where it ends.
fn value(chunk: &Chunk, at: usize, fields: &Fields) -> Option<(String, usize)> {
    if let Some(text) = chunk.tokens.get(at).filter(|_| chunk.free(at)).and_then(Token::quoted) {
        return Some((js::text(text), at + 1));
    }
    let pair = match chunk.free_word(at) {
        "product" => Some("*"),
        "sum" | "total" => Some("+"),
        "difference" => Some("-"),
        "ratio" | "quotient" => Some("/"),
        _ => None,
    };
    if let Some(op) = pair.filter(|_| ["of", "between"].contains(&chunk.free_word(at + 1))) {
        let (left, next) = term(chunk, at + 2, fields)?;
        let (right, end) = term(chunk, next + 1, fields).filter(|_| ["and", "to"].contains(&chunk.free_word(next)))?;
        return Some((plain(&format!("{left} {op} {right}")), end));
    }
    let (mut text, mut place) = term(chunk, at, fields)?;
    let single = place;
    while let Some((op, length)) = operator(chunk, place) {
        let percent = percent_at(chunk, place + length).filter(|_| ["+", "-"].contains(&op));
        if let Some(percent) = percent {
            text = format!("({text}) * {}", js::number(if op == "+" { 100.0 + percent } else { 100.0 - percent })) + " / 100";
            place += length + 1;
            continue;
        }
        let Some((right, end)) = term(chunk, place + length, fields) else { break };
        text = format!("{text} {op} {right}");
        place = end;
    }
    Some((if place > single || text.contains(' ') { plain(&text) } else { text }, place))
}

/// Without the noise of binary fractions.
fn plain(expression: &str) -> String {
    format!("Number(({expression}).toFixed(6))")
}

fn percent_at(chunk: &Chunk, at: usize) -> Option<f64> {
    match chunk.tokens.get(at).filter(|_| chunk.free(at)).map(|token| &token.kind) {
        Some(TokenKind::Number(number)) if number.percent || chunk.free_word(at + 1) == "percent" => Some(number.value),
        _ => None,
    }
}

fn term(chunk: &Chunk, at: usize, fields: &Fields) -> Option<(String, usize)> {
    let mut place = at;
    while ["the", "its", "their", "each", "of"].contains(&chunk.free_word(place)) {
        place += 1;
    }
    if let Some(percent) = percent_at(chunk, place) {
        let next = place + 1 + usize::from(chunk.free_word(place + 1) == "percent");
        let (of, end) = term(chunk, next + 1, fields).filter(|_| chunk.free_word(next) == "of")?;
        return Some((format!("{of} * {} / 100", js::number(percent)), end));
    }
    if let Some((field, length)) = known(chunk, place, fields) {
        let member = FieldRef::Known(field.clone()).of("item");
        let value = if field.kind == FieldKind::Number { member } else { format!("Number({member})") };
        return Some((value, place + length));
    }
    let (number, length) = number_at(crate::language::english(), &chunk.tokens, place).filter(|_| chunk.free(place))?;
    Some((js::number(number), place + length))
}

fn operator(chunk: &Chunk, at: usize) -> Option<(&'static str, usize)> {
    let token = chunk.tokens.get(at).filter(|_| chunk.free(at))?;
    Some(match (token.text.to_lowercase().as_str(), chunk.free_word(at + 1)) {
        ("multiplied", "by") => ("*", 2),
        ("divided", "by") => ("/", 2),
        ("*" | "×" | "x" | "times", _) => ("*", 1),
        ("/" | "÷", _) => ("/", 1),
        ("+" | "plus", _) => ("+", 1),
        ("-" | "–" | "minus" | "less", _) => ("-", 1),
        _ => return None,
    })
}

/// "increase the price by 10%", "double the stock", "round the amounts to 2 decimals", "the names in upper case".
fn worked_over(chunk: &mut Chunk, fields: &Fields) -> Option<Change> {
    let words: Vec<String> = chunk.tokens.iter().map(|token| token.norm.clone()).collect();
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let (at, field, length) = (0..chunk.len())
        .filter(|&at| !["round", "double", "lower", "raise", "discount"].contains(&chunk.word(at)) || at > 0)
        .find_map(|at| known(chunk, at, fields).filter(|_| chunk.free(at)).map(|(field, length)| (at, field.clone(), length)))?;
    let item = FieldRef::Known(field.clone()).of("item");
    let number = format!("Number({item})");
    let amount = (0..chunk.len()).filter(|&at| chunk.free(at)).find_map(|at| match &chunk.tokens[at].kind {
        TokenKind::Number(found) => Some((found.value, percent_at(chunk, at).is_some())),
        _ => None,
    });
    let up = any(&["increase", "raise", "add"]);
    let down = any(&["reduce", "decrease", "lower", "discount", "subtract", "take", "cut"]);
    let case = |word: &str| {
        any(&[&format!("{word}case"), &format!("{word}-case")]) || words.windows(2).any(|pair| pair[0] == word && pair[1] == "case")
    };
    let value = if any(&["uppercase", "upcase"]) || case("upper") {
        format!("String({item} ?? '').toUpperCase()")
    } else if any(&["lowercase", "downcase"]) || case("lower") {
        format!("String({item} ?? '').toLowerCase()")
    } else if any(&["capitalize", "capitalise"]) {
        format!("String({item} ?? '').slice(0, 1).toUpperCase() + String({item} ?? '').slice(1)")
    } else if any(&["round"]) {
        let scale = js::number(10_f64.powf(amount.map_or(0.0, |(digits, _)| digits)));
        let how = if any(&["up"]) {
            "ceil"
        } else if any(&["down"]) {
            "floor"
        } else {
            "round"
        };
        format!("Math.{how}({number} * {scale}) / {scale}")
    } else if any(&["double"]) {
        plain(&format!("{number} * 2"))
    } else if any(&["halve"]) {
        plain(&format!("{number} / 2"))
    } else {
        match (amount?, up, down) {
            ((percent, true), true, _) => plain(&format!("{number} * {} / 100", js::number(100.0 + percent))),
            ((percent, true), _, true) => plain(&format!("{number} * {} / 100", js::number(100.0 - percent))),
            ((by, false), true, _) => plain(&format!("{number} + {}", js::number(by))),
            ((by, false), _, true) => plain(&format!("{number} - {}", js::number(by))),
            ((by, false), ..) if any(&["multiply"]) => plain(&format!("{number} * {}", js::number(by))),
            ((by, false), ..) if any(&["divide"]) => plain(&format!("{number} / {}", js::number(by))),
            _ => return None,
        }
    };
    chunk.take(at..at + length);
    for place in 0..chunk.len() {
        let numeric = matches!(chunk.tokens[place].kind, TokenKind::Number(_));
        let said =
            ["decimals", "decimal", "places", "place", "percent", "case", "upper", "lower", "uppercase", "lowercase", "whole", "numbers"];
        if chunk.free(place) && (numeric || said.contains(&chunk.word(place))) {
            chunk.take(place..place + 1);
        }
    }
    Some(Change::Set(field.name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokenize;
    use serde_json::json;

    fn said(text: &str) -> String {
        let fields = Fields::of(&json!([{"name": "Mug", "price": 8.5, "stock": 2, "net price": 7}]));
        let mut chunk = Chunk::new(&tokenize(text));
        let mut changes = renames(&mut chunk, &fields);
        if changes.is_empty() {
            changes.extend(added(&mut chunk, &fields).or_else(|| worked_over(&mut chunk, &fields)));
        }
        let one = |change: Change| match change {
            Change::Set(name, value) => format!("{name} = {value}"),
            Change::Rename(from, to) => format!("{from} -> {to}"),
        };
        changes.into_iter().map(one).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn columns_are_added_renamed_and_worked_over() {
        for (text, expected) in [
            ("add a column worth = price * stock", "worth = Number((item.price * item.stock).toFixed(6))"),
            ("add a column called gross that is the price plus 19%", "gross = Number(((item.price) * 119 / 100).toFixed(6))"),
            ("with a field tax holding 7% of the net price", "tax = Number((item['net price'] * 7 / 100).toFixed(6))"),
            ("add a column source with value \"web\"", "source = 'web'"),
            ("rename price to cost and stock to qty", "price -> cost; stock -> qty"),
            ("rename the column \"net price\" to \"net\"", "net price -> net"),
            ("increase the price by 10%", "price = Number((Number(item.price) * 110 / 100).toFixed(6))"),
            ("round the prices to 1 decimal", "price = Math.round(Number(item.price) * 10) / 10"),
            ("uppercase the names", "name = String(item.name ?? '').toUpperCase()"),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }
}
