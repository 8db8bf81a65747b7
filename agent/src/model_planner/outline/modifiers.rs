//! What stands behind a step's parameters: `for each order in orders.items if … retry 3`. A modifier begins at its
//! word, where an expression cannot go on; so the values need no brackets.

use super::scan::{Mark, scan};
use super::{Modifiers, Repeated};
use sayflow_protocol::Interval;
use sayflow_protocol::workflow::{Allowed, OnError, OnUnknown, When};

/// Kinds of modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    ForEach,
    Concurrency,
    If,
    Else,
    ElseOf,
    After,
    When,
    Until,
    Every,
    Max,
    Retry,
    Timeout,
    OnError,
    OnUnknown,
    Account,
    Key,
    Title,
    Allow,
}

/// The words of each, longest first.
const PHRASES: &[(&str, Kind)] = &[
    ("for each", Kind::ForEach),
    ("for_each", Kind::ForEach),
    ("foreach", Kind::ForEach),
    ("for", Kind::ForEach),
    ("concurrency", Kind::Concurrency),
    ("if", Kind::If),
    ("unless", Kind::If),
    ("else of", Kind::ElseOf),
    ("else_of", Kind::ElseOf),
    ("else", Kind::Else),
    ("after", Kind::After),
    ("needs", Kind::After),
    ("when", Kind::When),
    ("repeat until", Kind::Until),
    ("repeat", Kind::Until),
    ("until", Kind::Until),
    ("every", Kind::Every),
    ("backoff", Kind::Every),
    ("max", Kind::Max),
    ("retry", Kind::Retry),
    ("timeout", Kind::Timeout),
    ("on error", Kind::OnError),
    ("on_error", Kind::OnError),
    ("on unknown", Kind::OnUnknown),
    ("on_unknown", Kind::OnUnknown),
    ("account", Kind::Account),
    ("credential", Kind::Account),
    ("key", Kind::Key),
    ("idempotency_key", Kind::Key),
    ("titled", Kind::Title),
    ("allow", Kind::Allow),
];

/// How a modifier is written, for those who wrote another.
pub const FORMS: &str = "behind the closing bracket may stand: for each NAME in LIST, concurrency N, if CONDITION, else of ID, after ID, \
when any_failed, repeat until CONDITION every 30s max 20, retry 3 every 10s, timeout 2m, on error continue, account NAME";

struct Clause<'t> {
    kind: Kind,
    word: &'t str,
    value: &'t str,
}

/// Reads what stands behind the parameters.
///
/// # Errors
/// What is wrong, and how to write it.
pub fn modifiers_of(text: &str) -> Result<Modifiers, String> {
    let mut modifiers = Modifiers::default();
    let mut pauses = None;
    for clause in clauses(text)? {
        if clause.value.is_empty() && clause.kind != Kind::Else {
            return Err(format!("`{}` needs a value; {FORMS}", clause.word));
        }
        match clause.kind {
            Kind::Until => {
                let until = clause.value.strip_prefix("until ").unwrap_or(clause.value).trim().to_owned();
                modifiers.repeat = Some(Repeated { until, every: None, max: 20 });
                pauses = Some(Kind::Until);
            }
            Kind::Retry => {
                modifiers.retry = Some((number(clause.value, "retry")?, None));
                pauses = Some(Kind::Retry);
            }
            Kind::Every => pause(&mut modifiers, pauses, clause.value)?,
            Kind::Max => {
                let most = number(clause.value, "max")?;
                match (pauses, modifiers.repeat.as_mut(), modifiers.allow.last_mut()) {
                    (Some(Kind::Allow), _, Some((_, allowed))) => allowed.max = Some(most),
                    (_, Some(repeat), _) => repeat.max = most,
                    _ => return Err("`max` belongs to `repeat until CONDITION every 30s max 20`".to_owned()),
                }
            }
            Kind::Allow => {
                modifiers.allow.push(allowed(clause.value)?);
                pauses = Some(Kind::Allow);
            }
            _ => one(&mut modifiers, &clause)?,
        }
    }
    Ok(modifiers)
}

fn one(modifiers: &mut Modifiers, clause: &Clause<'_>) -> Result<(), String> {
    let value = clause.value;
    match clause.kind {
        Kind::ForEach => modifiers.for_each = Some(loop_of(value)),
        Kind::Concurrency => modifiers.concurrency = Some(number(value, "concurrency")?),
        Kind::If if clause.word == "unless" => modifiers.condition = Some(format!("!({value})")),
        Kind::If => modifiers.condition = Some(value.to_owned()),
        // The step is found when all of them are known.
        Kind::Else => modifiers.else_of = Some(String::new()),
        Kind::ElseOf => modifiers.else_of = Some(plain(value)),
        Kind::After => modifiers.after = words(value),
        Kind::When => modifiers.when = Some(when(value)?),
        Kind::Timeout => modifiers.timeout = Some(interval(value)?),
        Kind::OnError => {
            modifiers.on_error = match plain(value).as_str() {
                "continue" | "ignore" | "skip" => Some(OnError::Continue),
                "fail" | "stop" => None,
                other => return Err(format!("`on error {other}` is none of `on error continue` and `on error fail`")),
            }
        }
        Kind::OnUnknown => {
            modifiers.on_unknown = match plain(value).as_str() {
                "retry" => Some(OnUnknown::Retry),
                "skip" => Some(OnUnknown::Skip),
                "ask" => Some(OnUnknown::Ask),
                other => return Err(format!("`on_unknown {other}` is none of ask, retry and skip")),
            }
        }
        Kind::Account => modifiers.account = Some(plain(value)),
        Kind::Key => modifiers.key = Some(value.to_owned()),
        Kind::Title => modifiers.title = Some(plain(value)),
        Kind::Until | Kind::Every | Kind::Max | Kind::Retry | Kind::Allow => {}
    }
    Ok(())
}

fn pause(modifiers: &mut Modifiers, of: Option<Kind>, value: &str) -> Result<(), String> {
    let every = Some(interval(value)?);
    match (of, modifiers.repeat.as_mut(), modifiers.retry.as_mut()) {
        (Some(Kind::Until), Some(repeat), _) => repeat.every = every,
        (Some(Kind::Retry), _, Some(retry)) => retry.1 = every,
        _ => {
            return Err(
                "`every` belongs to `repeat until …` or `retry 3`; a schedule is a line of its own: trigger schedule every 15m".to_owned()
            );
        }
    }
    Ok(())
}

/// `story in stories.entries`; a list alone names its items `item`.
pub fn loop_of(value: &str) -> (String, String) {
    let scanned = scan(value);
    let found = value.match_indices(" in ").find(|(at, _)| scanned.is_top(*at));
    match found {
        Some((at, _)) => {
            let name = value[..at].trim().trim_start_matches("each ").trim_matches(|c| c == '(' || c == ')');
            let name = name.split(',').next().unwrap_or(name).trim();
            (name.to_owned(), value[at + 4..].trim().to_owned())
        }
        None => ("item".to_owned(), value.trim().to_owned()),
    }
}

/// Cuts the text at the words of modifiers.
fn clauses(text: &str) -> Result<Vec<Clause<'_>>, String> {
    let mut starts: Vec<(usize, usize, Kind)> = Vec::new();
    let scanned = scan(text);
    let bytes = text.as_bytes();
    // Whether a value has to follow, so that a word that is spelled like a modifier is a name.
    let mut open = false;
    let mut at = 0;
    while at < text.len() {
        let byte = bytes[at];
        if byte.is_ascii_whitespace() {
            at += 1;
        } else if scanned.marks[at] == Mark::Text || !scanned.is_top(at) {
            open = false;
            at += 1;
        } else if byte.is_ascii_alphabetic() || byte == b'_' {
            let end = at + bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            match phrase(&text[at..]).filter(|_| !open) {
                Some((length, kind)) => {
                    starts.push((at, at + length, kind));
                    open = kind != Kind::Else;
                    at += length;
                }
                None => {
                    open = ["in", "instanceof", "typeof", "void"].contains(&&text[at..end]);
                    at = end;
                }
            }
        } else {
            open = b"+-*/%=<>!&|?:.".contains(&byte);
            at += 1;
        }
    }
    let stray = text[..starts.first().map_or(text.len(), |start| start.0)].trim().trim_matches([',', ';', ':']).trim();
    if !stray.is_empty() {
        return Err(format!("`{}` behind the parameters is not understood; {FORMS}", super::shorten(stray, 40)));
    }
    let ends = starts.iter().skip(1).map(|start| start.0).chain([text.len()]);
    let clause = |((from, value, kind), end): (&(usize, usize, Kind), usize)| Clause {
        kind: *kind,
        word: text[*from..*value].trim(),
        value: text[*value..end].trim().trim_end_matches([',', ';', ':']).trim(),
    };
    Ok(starts.iter().zip(ends).map(clause).collect())
}

/// The modifier that a text begins with, and the length of its words.
fn phrase(text: &str) -> Option<(usize, Kind)> {
    PHRASES.iter().find_map(|(words, kind)| {
        let mut length = 0;
        for (number, word) in words.split(' ').enumerate() {
            let rest = &text[length..];
            let blank = rest.len() - rest.trim_start().len();
            if number > 0 && blank == 0 {
                return None;
            }
            let rest = rest.trim_start();
            if !rest.starts_with(word) || rest[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '(')
            {
                return None;
            }
            length += blank + word.len();
        }
        Some((length, *kind))
    })
}

/// `to "*@shop.example", "*@example.com"`: a parameter and the patterns of its places.
fn allowed(value: &str) -> Result<(String, Allowed), String> {
    let name = super::lines::first_word(value);
    let patterns: Vec<String> = super::scan::split_top(value[name.len()..].trim(), b',')
        .into_iter()
        .map(|pattern| unquote(pattern.trim()))
        .filter(|pattern| !pattern.is_empty())
        .collect();
    if name.is_empty() {
        return Err("write the parameter and its patterns: allow channel \"#team-*\"".to_owned());
    }
    Ok((name.to_owned(), Allowed { patterns, max: None }))
}

/// A word or a quoted text without its quotes.
pub fn plain(value: &str) -> String {
    value.trim().trim_matches(|c| matches!(c, '"' | '\'' | '`')).trim().to_owned()
}

/// Names with commas or blanks between them.
pub fn words(value: &str) -> Vec<String> {
    let value = value.trim().trim_matches(|c| c == '[' || c == ']');
    value.split(|c: char| c == ',' || c.is_whitespace()).map(plain).filter(|word| !word.is_empty() && word != "and").collect()
}

fn number(value: &str, of: &str) -> Result<u32, String> {
    let digits: String = value.trim().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().map_err(|_| format!("`{of} {}` needs a whole number, such as {of} 3", super::shorten(value, 20)))
}

fn when(value: &str) -> Result<When, String> {
    match plain(value).to_lowercase().replace(' ', "_").as_str() {
        "all_succeeded" => Ok(When::AllSucceeded),
        "any_succeeded" => Ok(When::AnySucceeded),
        "all_done" => Ok(When::AllDone),
        "any_failed" => Ok(When::AnyFailed),
        _ => Err(format!(
            "`when {}` is none of all_succeeded, any_succeeded, all_done and any_failed; a condition is written with `if`",
            super::shorten(value, 30)
        )),
    }
}

/// A length of time: `30s`, `5 minutes`, `1h30m`.
pub fn interval(value: &str) -> Result<Interval, String> {
    let text = plain(value).to_lowercase();
    let refuse = || format!("`{}` is no length of time; write it like 30s, 15m, 2h or 1d", super::shorten(value, 30));
    if !text.contains(char::is_whitespace)
        && let Ok(interval) = text.parse::<Interval>()
    {
        return Ok(interval);
    }
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let unit = match text[digits.len()..].trim().trim_end_matches('s') {
        "" | "second" | "sec" => "s",
        "minute" | "min" => "m",
        "hour" | "hr" => "h",
        "day" => "d",
        "week" => "w",
        _ => return Err(refuse()),
    };
    let count = if digits.is_empty() { "1" } else { &digits };
    let written = if unit == "w" { format!("{}d", count.parse::<u64>().unwrap_or(1).saturating_mul(7)) } else { format!("{count}{unit}") };
    written.parse().map_err(|_| refuse())
}

/// A quoted text as it is meant.
pub fn unquote(text: &str) -> String {
    if text.starts_with('"')
        && let Ok(value) = serde_json::from_str::<String>(text)
    {
        return value;
    }
    plain(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Modifiers {
        modifiers_of(text).unwrap()
    }

    #[test]
    fn modifiers_need_no_brackets() {
        let all = read(
            "for each story in matching.items.slice(0, 5) concurrency 4 if matching.count > 0 retry 3 every 10s timeout 2m on error continue account team",
        );
        assert_eq!(all.for_each, Some(("story".to_owned(), "matching.items.slice(0, 5)".to_owned())));
        assert_eq!(all.condition.as_deref(), Some("matching.count > 0"));
        assert_eq!((all.concurrency, all.on_error, all.account.as_deref()), (Some(4), Some(OnError::Continue), Some("team")));
        assert_eq!(all.retry.map(|(n, every)| (n, every.unwrap().to_string())), Some((3, "10s".to_owned())));
        assert_eq!(all.timeout.unwrap().as_str(), "2m");
    }

    #[test]
    fn names_that_are_spelled_like_modifiers_are_names() {
        assert_eq!(read("if after.count > 0").condition.as_deref(), Some("after.count > 0"));
        assert_eq!(
            read("if x === 'if' && max.value > every.n else of key").condition.as_deref(),
            Some("x === 'if' && max.value > every.n")
        );
        assert_eq!(read("for each x in for_each.items").for_each.unwrap().1, "for_each.items");
    }

    #[test]
    fn repeats_and_branches_are_read() {
        let poll = read("repeat until output.status === \"done\" every 30s max 20");
        assert_eq!(poll.repeat.as_ref().map(|r| (r.until.as_str(), r.max)), Some(("output.status === \"done\"", 20)));
        assert_eq!(poll.repeat.unwrap().every.unwrap().as_str(), "30s");
        assert_eq!(read("else of big, after a, b when any_failed").after, ["a", "b"]);
        let open = read("allow channel \"#team-*\", \"#ops\" max 3 retry 2");
        assert_eq!(open.allow, [("channel".to_owned(), Allowed { patterns: vec!["#team-*".to_owned(), "#ops".to_owned()], max: Some(3) })]);
        assert_eq!(open.retry, Some((2, None)));
        assert_eq!(read("else if x > 1").else_of.as_deref(), Some(""));
        assert_eq!(read("").for_each, None);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (text, wanted) in [
            ("please", "`please` behind the parameters"),
            ("retry often", "needs a whole number"),
            ("when it is done", "`if`"),
            ("for each", "needs a value"),
            ("timeout soon", "no length of time"),
            ("every 5m", "belongs to"),
        ] {
            let why = modifiers_of(text).unwrap_err();
            assert!(why.contains(wanted), "{text}: {why}");
        }
    }

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, wanted) in [("30s", "30s"), ("5 minutes", "5m"), ("\"2h\"", "2h"), ("1 week", "7d"), ("hour", "1h"), ("1m30s", "1m30s")]
        {
            assert_eq!(interval(text).unwrap().as_str(), wanted, "{text}");
        }
    }
}
