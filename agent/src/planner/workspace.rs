//! Words that name folders of the person's workspace: "the files in logs". They become folder tokens, so that later
//! stages see a place where a person would.

use super::api::Samples;
use crate::language::{Entity, Token, TokenKind, english};

/// Folds the names of folders that are there into folder tokens, where the request speaks of files.
pub fn fold_folders(tokens: Vec<Token>, samples: &dyn Samples) -> Vec<Token> {
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
