//! Issues of repositories: "open a GitHub issue in acme/shop titled …", "the open issues of acme/shop".

use super::super::build::{Builder, IssueAsked, IssueDraft};
use super::super::chunk::{Chunk, Mark};
use super::{Outcome, wording};
use crate::language::{Act, Entity, english};

/// The repository that is named, with its place.
fn repository(chunk: &Chunk) -> Option<(usize, String)> {
    (0..chunk.len()).filter(|&at| chunk.free(at)).find_map(|at| match chunk.tokens[at].entity() {
        Some(Entity::Repository(name)) => Some((at, name.clone())),
        _ => None,
    })
}

/// "an issue", "a new GitHub issue", "one issue", "an issue for each row": where the noun stands.
fn one_issue(chunk: &Chunk) -> Option<usize> {
    (1..chunk.len()).find(|&at| {
        let before = (at.saturating_sub(4)..at).any(|place| ["a", "an", "new", "one", "another"].contains(&chunk.word(place)));
        chunk.word(at) == "issue" && before || chunk.word(at) == "issue" && chunk.before(at) == "github"
    })
}

/// Opens an issue, when a clause asks for that.
pub fn create(builder: &mut Builder<'_>, chunk: &mut Chunk, outcome: &mut Outcome) -> bool {
    let Some(noun) = one_issue(chunk).filter(|_| builder.tools.create_issue().is_some()) else { return false };
    let found = repository(chunk);
    let github = chunk.tokens.iter().any(|token| token.is("github"));
    if found.is_none() && !github {
        return false;
    }
    // What leads to the noun is the verb and its article.
    chunk.take(0..noun + 1);
    take_place(chunk, found.as_ref().map(|(at, _)| *at));
    let labels = labels(chunk);
    let assignees = assignees(chunk);
    let said = wording::read(chunk, Some(Act::Send));
    let draft = IssueDraft { repository: found.map(|(_, name)| name), labels, assignees };
    outcome.acted = true;
    outcome.wrote = builder.create_issue(&draft, &said);
    for at in 0..chunk.len() {
        if ["with", "and", "the", "it", "them", "each", "listing", "containing"].contains(&chunk.free_word(at)) {
            chunk.take(at..at + 1);
        }
    }
    true
}

/// Reads the issues of a repository that is named. True when it was one.
pub fn list(builder: &mut Builder<'_>, chunk: &mut Chunk, outcome: &mut Outcome) -> bool {
    let Some((at, name)) = repository(chunk).filter(|_| builder.tools.list_issues().is_some()) else { return false };
    if !chunk.tokens.iter().any(|token| token.is_any(&["issue", "issues", "tickets", "bugs"])) {
        return false;
    }
    let mut states: Vec<&'static str> = Vec::new();
    for place in 0..chunk.len() {
        let state = match chunk.free_word(place) {
            "open" => "open",
            "closed" => "closed",
            _ => continue,
        };
        if !states.contains(&state) {
            states.push(state);
        }
        chunk.mark(place..place + 1, Mark::Source);
    }
    let every = chunk.tokens.windows(2).any(|pair| pair[0].is("all") && pair[1].is("issues"));
    let state = match states.as_slice() {
        [one] => Some(*one),
        [] if every => Some("all"),
        [] => None,
        _ => Some("all"),
    };
    take_place(chunk, Some(at));
    let labels = labels(chunk);
    let assignee = assignees(chunk).into_iter().next();
    let read = builder.list_issues(&IssueAsked { repository: name, state, labels, assignee });
    outcome.acted |= read;
    read
}

/// Takes the repository with the small words before it, and the name of the service wherever it stands.
fn take_place(chunk: &mut Chunk, at: Option<usize>) {
    if let Some(at) = at {
        let mut start = at;
        while start > 0
            && chunk.free(start - 1)
            && ["in", "of", "on", "for", "from", "at", "to", "the", "our", "my", "repo", "repository", "github", "into", "under"]
                .contains(&chunk.before(start))
        {
            start -= 1;
        }
        chunk.mark(start..at + 1, Mark::Source);
    }
    for place in 0..chunk.len() {
        if chunk.free_word(place) == "github" {
            let start = place - usize::from(place > 0 && ["on", "in", "at", "from"].contains(&chunk.free_word(place - 1)));
            chunk.mark(start..place + 1, Mark::Source);
        }
    }
}

/// "with the labels bug and urgent", "labelled bug".
fn labels(chunk: &mut Chunk) -> Vec<String> {
    names_behind(chunk, &["label", "labels", "labelled", "labeled", "tagged"])
}

/// "assigned to ann and bob", "assign it to ann", "with assignee ann".
fn assignees(chunk: &mut Chunk) -> Vec<String> {
    let names = names_behind(chunk, &["assigned", "assign", "assignee", "assignees"]);
    names.into_iter().map(|name| name.trim_start_matches('@').to_owned()).collect()
}

fn names_behind(chunk: &mut Chunk, marks: &[&str]) -> Vec<String> {
    let Some(mark) = (0..chunk.len()).find(|&at| marks.contains(&chunk.free_word(at))) else { return Vec::new() };
    let mut at = mark + 1;
    while ["it", "to", "is", "as", "them", "with"].contains(&chunk.free_word(at))
        || chunk.tokens.get(at).is_some_and(|token| token.is_punct(':'))
    {
        at += 1;
    }
    let mut names = Vec::new();
    let mut end = at;
    while chunk.free(at) {
        let token = &chunk.tokens[at];
        let joint = token.is_punct(',') || token.is("and");
        if joint
            && !names.is_empty()
            && chunk.free(at + 1)
            && english().verbs.get(chunk.word(at + 1)).is_none()
            && !chunk.word(at + 1).is_empty()
        {
            at += 1;
            continue;
        }
        let name = match (token.quoted(), token.entity()) {
            (Some(said), _) => said.to_owned(),
            (None, Some(Entity::Chat(name))) => name.clone(),
            (None, None) if token.is_word() && !english().is_stop(&token.norm) => token.text.clone(),
            _ => break,
        };
        let listed = names.is_empty() || chunk.tokens[at - 1].is_punct(',') || chunk.tokens[at - 1].is("and");
        if !listed {
            break;
        }
        names.push(name);
        at += 1;
        end = at;
    }
    if names.is_empty() {
        return names;
    }
    let mut start = mark;
    while start > 0 && chunk.free(start - 1) && ["with", "the", "and", "a", "is", "are", "that"].contains(&chunk.before(start)) {
        start -= 1;
    }
    chunk.mark(start..end, Mark::Source);
    names
}
