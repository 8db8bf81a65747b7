//! Places of outside services that no spelling gives away: a service whose account is the place ("on Discord"), a
//! repository of a code host ("acme/shop"), a bucket of an object store. Each becomes one token, so that every later stage
//! sees a place. Only services that the catalogue declares are looked for.

use super::api::PlanContext;
use super::tools::Tools;
use crate::language::{Entity, Token, TokenKind};

/// Folds the places of services into tokens of their own.
pub fn fold(text: &str, tokens: Vec<Token>, context: &PlanContext<'_>) -> Vec<Token> {
    let tools = Tools::new(context);
    let mut tokens = hooks(tokens, &tools);
    if tools.put_object().is_some() {
        tokens = buckets(tokens);
    }
    if tools.create_issue().is_some() {
        tokens = repositories(tokens, context);
        tokens = titles(text, tokens);
    }
    tokens
}

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).filter(|token| token.is_word()).map_or("", |token| token.norm.as_str())
}

fn ends(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_none_or(|token| matches!(token.kind, TokenKind::Punct(_) | TokenKind::Break))
}

/// Several tokens as one.
fn merged(tokens: &[Token], entity: Entity) -> Token {
    let (start, end) = (tokens.first().map_or(0, |token| token.start), tokens.last().map_or(0, |token| token.end));
    let text = tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
    Token { kind: TokenKind::Entity(entity), norm: text.to_lowercase(), stem: String::new(), text, start, end }
}

/// "Discord", "our Microsoft Teams channel", "#general on Discord".
fn hooks(mut tokens: Vec<Token>, tools: &Tools<'_>) -> Vec<Token> {
    let mut at = 0;
    while at < tokens.len() {
        let service = word(&tokens, at).to_owned();
        if service.is_empty() || tools.hook(&service).is_none() || !meant(&tokens, at) {
            at += 1;
            continue;
        }
        let mut start = at - usize::from(at > 0 && ["microsoft", "ms"].contains(&word(&tokens, at - 1)));
        let mut end = at + 1 + usize::from(["channel", "server", "chat", "group", "guild"].contains(&word(&tokens, at + 1)));
        let mut channel = channel_at(&tokens, end);
        end += usize::from(channel.is_some());
        if channel.is_none() {
            let mut before = start;
            while before > 0 && ["on", "in", "of", "at", "the", "our", "my", "channel"].contains(&word(&tokens, before - 1)) {
                before -= 1;
            }
            channel = before.checked_sub(1).filter(|_| before < start).and_then(|at| channel_at(&tokens, at));
            if channel.is_some() {
                start = before - 1;
            }
        }
        let token = merged(&tokens[start..end], Entity::Hook { service, channel });
        tokens.splice(start..end, [token]);
        at = start + 1;
    }
    tokens
}

fn channel_at(tokens: &[Token], at: usize) -> Option<String> {
    match tokens.get(at)?.entity() {
        Some(Entity::Channel(name)) => Some(name.clone()),
        _ => None,
    }
}

/// Whether the service is meant, and not what a column or a group of people is called.
fn meant(tokens: &[Token], at: usize) -> bool {
    const OWNED: [&str; 12] = ["name", "id", "ids", "handle", "user", "users", "username", "column", "field", "members", "messages", "tag"];
    if OWNED.contains(&word(tokens, at + 1)) || tokens.get(at + 1).is_some_and(|token| token.is_punct('\'')) {
        return false;
    }
    if word(tokens, at) != "teams" {
        return true;
    }
    let before = at.checked_sub(1).map_or("", |at| word(tokens, at));
    let proper = tokens[at].text.starts_with('T') && at > 0 && !matches!(tokens[at - 1].kind, TokenKind::Break | TokenKind::Punct('.'));
    let last =
        ends(tokens, at + 1) || ["that", "saying", "channel", "chat", "and", "then", "when", "if", "with"].contains(&word(tokens, at + 1));
    ["microsoft", "ms"].contains(&before) || proper || last && ["to", "on", "via", "through"].contains(&before)
}

/// "the S3 bucket reports", "the reports bucket on S3", "orders.csv in the bucket reports": an address `s3://…`.
fn buckets(mut tokens: Vec<Token>) -> Vec<Token> {
    let store = |token: &Token| token.is_any(&["s3", "minio"]);
    if !tokens.iter().any(store) {
        return tokens;
    }
    let Some(at) = (0..tokens.len()).find(|&at| word(&tokens, at) == "bucket") else { return tokens };
    let called = at + 1 + usize::from(["called", "named"].contains(&word(&tokens, at + 1)));
    let plain = |at: usize| {
        tokens.get(at).is_some_and(|token| {
            token.quoted().is_some()
                || token.is_word()
                    && !store(token)
                    && !["in", "on", "as", "and", "of", "the", "our", "my", "with"].contains(&token.norm.as_str())
        })
    };
    let (mut start, mut end, name) = if plain(called) {
        (at, called + 1, called)
    } else if at > 0 && plain(at - 1) {
        (at - 1, at + 1, at - 1)
    } else {
        return tokens;
    };
    let name = tokens[name].quoted().map_or_else(|| tokens[name].text.clone(), str::to_owned);
    while start > 0 && (store(&tokens[start - 1]) || ["the", "our", "my", "a"].contains(&word(&tokens, start - 1))) {
        start -= 1;
    }
    if ["in", "on", "of"].contains(&word(&tokens, end)) && tokens.get(end + 1).is_some_and(store) {
        end += 2;
    }
    let key = start.checked_sub(2).filter(|_| ["from", "in", "of"].contains(&word(&tokens, start - 1))).and_then(|at| {
        match tokens[at].entity() {
            Some(Entity::Path(path)) => Some((at, path.clone())),
            _ => None,
        }
    });
    let (start, address) = match key {
        Some((at, path)) => (at, format!("s3://{name}/{path}")),
        None => (start, format!("s3://{name}/")),
    };
    let token = merged(&tokens[start..end], Entity::Url(address));
    tokens.splice(start..end, [token]);
    tokens
}

/// "acme/shop" where GitHub, a repository or an issue is spoken of; a page of the repository; with "the repo" before it.
fn repositories(mut tokens: Vec<Token>, context: &PlanContext<'_>) -> Vec<Token> {
    let says = |words: &[&str]| tokens.iter().any(|token| token.is_any(words));
    let named = says(&["github", "repo", "repository"]);
    let files = context.samples.files();
    for at in 0..tokens.len() {
        let name = match tokens[at].entity() {
            Some(Entity::Url(url)) => url.split_once("github.com/").and_then(|(_, path)| owner_and_name(path)),
            Some(Entity::Folder(path)) | Some(Entity::Path(path)) if path.matches('/').count() == 1 => owner_and_name(path),
            _ => None,
        };
        let Some(name) = name else { continue };
        let issue = (at.saturating_sub(4)..at).any(|place| tokens[place].is_any(&["issue", "issues"]));
        let owner = name.split('/').next().unwrap_or_default();
        let ours = files.iter().any(|file| file.strip_prefix(owner).is_some_and(|rest| rest.starts_with('/')));
        let of =
            ["of", "in", "for", "from", "on", "at", "repo", "repository"].contains(&at.checked_sub(1).map_or("", |at| word(&tokens, at)));
        let data = matches!(tokens[at].entity(), Some(Entity::Path(path)) if crate::language::english().formats.contains_key(path.rsplit('.').next().unwrap_or_default()));
        if !data && of && (named || issue && !ours) {
            tokens[at].kind = TokenKind::Entity(Entity::Repository(name));
        }
    }
    tokens
}

/// The first two parts of a path.
fn owner_and_name(path: &str) -> Option<String> {
    let mut parts = path.split(['/', '?', '#']).filter(|part| !part.is_empty());
    Some(format!("{}/{}", parts.next()?, parts.next()?))
}

/// "an issue … titled Checkout fails with the label bug": the title as one quoted token.
fn titles(text: &str, mut tokens: Vec<Token>) -> Vec<Token> {
    if !tokens.iter().any(|token| token.is_any(&["issue", "ticket", "bug"])) {
        return tokens;
    }
    let Some(at) = (0..tokens.len()).find(|&at| ["titled", "called", "entitled"].contains(&word(&tokens, at))) else { return tokens };
    let issue =
        tokens[..at].iter().any(|token| matches!(token.entity(), Some(Entity::Repository(_))) || token.is_any(&["github", "issue"]));
    let start = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|token| token.is_punct(':')));
    if !issue || tokens.get(start).is_none_or(|token| token.quoted().is_some()) {
        return tokens;
    }
    let about = ["label", "labels", "body", "text", "description", "assign", "assignee", "the", "a", "assigned", "labelled", "labeled"];
    let over = |place: usize| {
        let token = &tokens[place];
        matches!(token.kind, TokenKind::Punct('.' | ';' | ',') | TokenKind::Break)
            || matches!(token.entity(), Some(Entity::Repository(_)))
            || token.is_any(&["labelled", "labeled", "saying"])
            || token.is_any(&["with", "and"]) && about.contains(&word(&tokens, place + 1))
            || token.is_any(&["in", "on"]) && matches!(tokens.get(place + 1).and_then(Token::entity), Some(Entity::Repository(_)))
    };
    let end = (start..tokens.len()).find(|&place| over(place)).unwrap_or(tokens.len());
    if end == start {
        return tokens;
    }
    let said = text.get(tokens[start].start..tokens[end - 1].end).unwrap_or_default().trim().to_owned();
    let token = Token { text: said.clone(), norm: said.to_lowercase(), ..merged(&tokens[start..end], Entity::Quoted(said)) };
    tokens.splice(start..end, [token]);
    tokens
}
