//! Words that name folders of the person's workspace: "the files in logs". They become folder tokens, so that later
//! stages see a place where a person would.

use super::api::Samples;
use crate::language::{Act, Entity, Token, TokenKind, english};

/// Folds the names of folders that are there into folder tokens, where the request speaks of files.
pub fn fold_folders(tokens: Vec<Token>, samples: &dyn Samples) -> Vec<Token> {
    let tokens = without_dots(tokens);
    if !tokens.iter().any(speaks_of_files) {
        return tokens;
    }
    let files = samples.files();
    let folders: Vec<&str> = files.iter().filter_map(|file| file.rsplit_once('/')).map(|(folder, _)| folder).collect();
    let known = |name: &str| {
        folders
            .iter()
            .find(|folder| folder.eq_ignore_ascii_case(name) || folder.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
    };
    let mut out = tokens.clone();
    for at in 1..tokens.len() {
        let token = &tokens[at];
        let named_so = tokens.get(at + 1).is_some_and(|next| next.is_any(&["folder", "directory"]));
        if !token.is_word() || named_so || english().is_stop(&token.norm) || known(&token.text).is_none() {
            continue;
        }
        let mut place = at;
        while place > 0 && tokens[place - 1].is_any(&["the", "my", "our", "a"]) {
            place -= 1;
        }
        let led = place > 0 && tokens[place - 1].is_any(&["in", "from", "inside", "under", "within", "of", "to", "into", "at"]);
        if led {
            out[at].kind = TokenKind::Entity(Entity::Folder(token.text.clone()));
        }
    }
    out
}

/// ".log files": the dot before an extension ends no sentence.
fn without_dots(tokens: Vec<Token>) -> Vec<Token> {
    let dot = |at: usize| {
        tokens[at].is_punct('.')
            && tokens.get(at + 1).is_some_and(|next| next.start == tokens[at].end && english().formats.contains_key(&next.norm))
            && tokens.get(at + 2).is_some_and(|next| next.is_any(&["file", "files"]))
    };
    (0..tokens.len()).filter(|&at| !dot(at)).map(|at| tokens[at].clone()).collect()
}

/// Puts a database that leads a change into its clause: "update shop.db: mark …", "in shop.db, set …" become
/// "mark … in shop.db", so that the place and the change are read together.
pub fn lead_database(tokens: Vec<Token>) -> Vec<Token> {
    let lexicon = english();
    let Some(at) = tokens.iter().position(|token| matches!(token.entity(), Some(Entity::Database(_)))) else { return tokens };
    let head = &tokens[..at];
    let updates =
        head.iter().any(|token| lexicon.verbs.get(&token.norm).is_some_and(|act| matches!(act, Act::Update)) || token.is("update"));
    let plain = head.iter().all(|token| {
        token.is_any(&[
            "in", "into", "update", "change", "open", "use", "using", "the", "database", "table", "go", "to", "of", "please", "inside",
        ]) || (updates || tokens.get(at.wrapping_sub(2)).is_some_and(|token| token.is("table"))) && token.is_word()
    });
    let mut next = at + 1;
    while tokens.get(next).is_some_and(|token| {
        token.is_any(&[",", ":", "and", "then", "-"]) || matches!(token.kind, TokenKind::Punct(',' | ':' | '-' | '–' | '—'))
    }) {
        next += 1;
    }
    let changes = tokens
        .get(next)
        .is_some_and(|token| token.is_any(&["set", "mark", "change", "delete", "remove", "flag", "add", "insert", "erase"]));
    if !plain || !changes || head.len() > 8 {
        return tokens;
    }
    let end = (next..tokens.len())
        .find(|&place| matches!(tokens[place].kind, TokenKind::Punct('.' | '!' | '?' | ';') | TokenKind::Break) || tokens[place].is("then"))
        .unwrap_or(tokens.len());
    // A comma or an "and" before another verb ends the change as well.
    let end = (next + 1..end)
        .find(|&place| {
            (tokens[place].is_punct(',') || tokens[place].is("and"))
                && super::verbs::verb_at(&tokens, place + 1, super::verbs::Position::Joined)
                    .is_some_and(|(act, _)| matches!(act, Act::Send | Act::Save | Act::Append | Act::Update | Act::Delete))
        })
        .unwrap_or(end);
    let mut out = tokens[next..end].to_vec();
    let table: Vec<Token> = head
        .iter()
        .position(|token| token.is("table"))
        .filter(|&place| place > 0)
        .map(|place| vec![head[place - 1].clone(), head[place].clone()])
        .unwrap_or_default();
    let place = |text: &str| Token {
        kind: TokenKind::Word,
        text: text.to_owned(),
        norm: text.to_owned(),
        stem: text.to_owned(),
        start: tokens[at].start,
        end: tokens[at].start,
    };
    let adds = tokens[next].is_any(&["add", "insert"]);
    out.push(place(if adds { "into" } else { "in" }));
    if !table.is_empty() {
        out.push(place("the"));
        out.extend(table);
        out.push(place("of"));
    }
    out.push(tokens[at].clone());
    out.extend(tokens[end..].iter().cloned());
    out
}

fn speaks_of_files(token: &Token) -> bool {
    token.is_any(&["file", "files", "everything", "documents", "images", "pictures", "photos"])
        || (token.is_word() && token.text.starts_with('.') && english().formats.contains_key(token.norm.trim_start_matches('.')))
        || matches!(token.entity(), Some(Entity::Path(path)) if path.contains('*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokenize;
    use serde_json::Value;

    struct Logs;

    impl Samples for Logs {
        fn file(&self, _: &str) -> Option<Value> {
            None
        }
        fn files(&self) -> Vec<String> {
            ["logs/app.log", "data/in/a.csv", "orders.csv"].map(str::to_owned).to_vec()
        }
        fn tables(&self, _: &str) -> Option<Vec<(String, Vec<String>)>> {
            None
        }
    }

    #[test]
    fn a_leading_database_joins_its_change() {
        let said = |text: &str| lead_database(tokenize(text)).iter().map(|token| token.text.clone()).collect::<Vec<_>>().join(" ");
        assert_eq!(said("update shop.db: mark order 3 as paid"), "mark order 3 as paid in shop.db");
        assert_eq!(said("in shop.db, set status to x and tell #ops"), "set status to x in shop.db and tell #ops");
        assert_eq!(said("update the orders table in shop.db, set a = 1"), "set a = 1 in the orders table of shop.db");
        assert_eq!(said("count the orders in shop.db and tell #x"), "count the orders in shop.db and tell #x");
    }

    #[test]
    fn folders_are_seen_where_files_are_spoken_of() {
        let folders = |text: &str| {
            fold_folders(tokenize(text), &Logs)
                .iter()
                .filter_map(|token| match token.entity() {
                    Some(Entity::Folder(name)) => Some(name.clone()),
                    _ => None,
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(folders("list the files in logs"), ["logs"]);
        assert_eq!(folders("how many csv files are in data"), ["data"]);
        assert!(folders("post the orders in logs to #x").is_empty());
        assert!(folders("the files in attic").is_empty());
    }
}
