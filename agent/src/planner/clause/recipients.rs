//! Who gets a message: addresses that the data holds, places that are ruled out, and the places of the message before.

use super::super::build::{Builder, ListStyle, Wording};
use super::super::chunk::Chunk;
use super::super::fields::{Field, FieldRef, Fields, Fit, names_for};
use super::super::places::{Places, Sink, Target};
use crate::language::{Act, Entity, Token, english, stem};
use sayflow_engine::action::role;

const MAILING: [&str; 7] = ["email", "e-mail", "mail", "emails", "mails", "e-mails", "mailing"];
const SERVICES: [&str; 7] = ["slack", "telegram", "discord", "teams", "email", "mail", "e-mail"];
const PEOPLE: [&str; 14] = [
    "them",
    "everyone",
    "everybody",
    "people",
    "person",
    "customers",
    "customer",
    "users",
    "members",
    "clients",
    "borrower",
    "owner",
    "recipients",
    "him",
];

fn is_destination(token: &Token) -> bool {
    matches!(token.entity(), Some(Entity::Email(_) | Entity::Channel(_) | Entity::Chat(_) | Entity::Hook { .. }))
}

/// "but not to telegram", "not by mail", "not #ops": places that get nothing.
pub fn rule_out(chunk: &mut Chunk) {
    for at in 0..chunk.len() {
        if !["not", "never"].contains(&chunk.free_word(at)) {
            continue;
        }
        let mut end = at + 1;
        while ["to", "on", "via", "by", "in", "into", "through", "over", "the", "any", "as"].contains(&chunk.free_word(end)) {
            end += 1;
        }
        let named = chunk.free(end) && (is_destination(&chunk.tokens[end]) || SERVICES.contains(&chunk.word(end)));
        if !named {
            continue;
        }
        let start = at - usize::from(at > 0 && ["but", "and", "only"].contains(&chunk.before(at)));
        let noun = ["chat", "channel", "group", "message"].contains(&chunk.free_word(end + 1));
        chunk.take(start..end + 1 + usize::from(noun));
    }
}

/// "a message about the open orders": only says that the orders are meant.
pub fn about_items(chunk: &mut Chunk, nouns: &[String]) {
    for at in 0..chunk.len() {
        if !["about", "regarding", "concerning"].contains(&chunk.free_word(at)) {
            continue;
        }
        let mut end = at + 1;
        while english().determiners.contains(chunk.free_word(end)) || english().states.contains_key(chunk.free_word(end)) {
            end += 1;
        }
        if chunk.free(end) && chunk.tokens[end].is_word() && nouns.contains(&chunk.tokens[end].stem) {
            chunk.take(at..at + 1);
        }
    }
}

/// "with the title in the subject": a field of each item as the subject.
pub fn subject_field(builder: &Builder<'_>, chunk: &mut Chunk, wording: &mut Wording) {
    let Some(each) =
        &builder.each.as_ref().map(|each| each.fields.clone()).or_else(|| builder.focus.as_ref().map(|focus| focus.fields.clone()))
    else {
        return;
    };
    for at in 1..chunk.len() {
        if !["in", "as", "for"].contains(&chunk.free_word(at)) {
            continue;
        }
        let subject = at + 1 + usize::from(["the", "its", "their", "a"].contains(&chunk.free_word(at + 1)));
        let word = chunk.free_word(at - 1).to_owned();
        if chunk.free_word(subject) != "subject" || word.is_empty() {
            continue;
        }
        if let Some((field, _)) = each.find(&[&word]).filter(|(_, fit)| *fit >= Fit::Stem) {
            wording.subject = Some(format!("{{{}}}", field.name));
            let start =
                (0..at - 1).rev().take_while(|&place| ["the", "their", "its", "with", "and"].contains(&chunk.free_word(place))).last();
            chunk.take(start.unwrap_or(at - 1)..subject + 1 + usize::from(chunk.free_word(subject + 1) == "line"));
            return;
        }
    }
}

/// Whether a clause that begins with "write" or "create" writes a message to somebody.
pub fn writes_message(tokens: &[Token], at: usize) -> bool {
    if !tokens.get(at).is_some_and(|token| {
        token.is_any(&["write", "create", "make", "prepare", "put", "give", "show", "get", "bring", "drop", "leave", "text"])
    }) {
        return false;
    }
    let next = &tokens[at + 1..];
    let straight = tokens[at].is_any(&["give", "show", "get", "bring", "write", "drop", "leave", "text"]);
    if straight && next.first().is_some_and(is_destination)
        || tokens[at].is("text") && next.first().is_some_and(|token| token.is("telegram"))
    {
        return true;
    }
    // "write "Order {id}" to #orders"
    let spoken = next.first().is_some_and(|token| token.quoted().is_some());
    if spoken && next.windows(2).any(|pair| pair[0].is_any(&["to", "in", "into", "on"]) && is_destination(&pair[1])) {
        return true;
    }
    let message = next.iter().take(4).position(|token| {
        token.is_any(&["email", "e-mail", "mail", "message", "note", "notification", "announcement", "dm", "emails", "mails", "messages"])
    });
    message.is_some_and(|place| {
        let to = next[place + 1..].iter().take(3).position(|token| token.is_any(&["to", "for", "in"]));
        let filed = next.iter().any(|token| matches!(token.entity(), Some(Entity::Path(_) | Entity::Folder(_))))
            && !next.iter().any(|token| is_destination(token) || token.is_any(&PEOPLE) || token.is_any(&["every", "each", "all"]));
        to.is_some() && !filed
    })
}

/// Fields that hold mail addresses, by their values or their names.
fn address_fields(fields: &Fields) -> Vec<&Field> {
    let holds = |field: &&Field| {
        let valued = !field.values.is_empty() && field.values.iter().all(|value| value.contains('@') && !value.contains(' '));
        let name = field.name.to_lowercase();
        valued || field.values.is_empty() && name.contains("mail")
    };
    fields.list.iter().filter(holds).collect()
}

/// "email each customer", "to the client's email", "(column mail)": the expression of the address in an item.
pub fn address_field(builder: &Builder<'_>, chunk: &mut Chunk, act: Option<Act>, wording: &Wording) -> Option<String> {
    if act != Some(Act::Send) {
        return None;
    }
    let (fields, nouns, each) = match (&builder.each, &builder.focus) {
        (Some(each), _) => (each.fields.clone(), each.nouns.clone(), true),
        (None, Some(focus)) if focus.is_list() => (focus.fields.clone(), focus.nouns.clone(), false),
        _ => return None,
    };
    let mailing = chunk.tokens.iter().any(|token| token.is_any(&MAILING) || token.is_any(&["address", "write"]));
    let addresses = address_fields(&fields);
    if chunk.tokens.iter().any(is_destination) {
        return None;
    }
    if let Some((field, start, end)) = named_address(chunk, &fields, &addresses, mailing) {
        let bracket = chunk.tokens[start].is_punct('(');
        chunk.take(start..end);
        if bracket {
            take_recipient(chunk, start);
        }
        take_messages(chunk);
        return Some(field.of("item"));
    }
    let by_noun = addresses.iter().find(|field| {
        field.name.split(['_', ' ', '-']).any(|part| {
            let part = stem(&part.to_lowercase());
            !["mail", "email"].contains(&part.as_str()) && chunk.tokens.iter().any(|token| token.is_word() && token.stem == part)
        })
    });
    let named = by_noun.is_some();
    let chosen = || {
        let usual = || fields.find(&["email"]).map(|(field, _)| field).filter(|field| addresses.contains(field));
        let chosen = by_noun.copied().or_else(usual).or_else(|| addresses.first().copied().filter(|_| addresses.len() == 1));
        match chosen {
            Some(field) => Some(FieldRef::Known(field.clone())),
            None => (!fields.known).then(|| FieldRef::Named(names_for(&["email"]))),
        }
    };
    let every = (0..chunk.len()).any(|at| ["each", "every", "all", "them", "everyone", "everybody"].contains(&chunk.free_word(at)));
    let people =
        chunk.tokens.iter().any(|token| token.is_any(&PEOPLE) || token.is_word() && nouns.contains(&token.stem)) && wording.text.is_some();
    let sends = mailing && (every || each || named || people && fields.known);
    let field = sends.then(chosen).flatten()?;
    // "mail the borrower the title": the first of the two is who gets it.
    let second = (2..chunk.len().min(6)).find(|&at| {
        chunk.free(at) && (["the", "a", "an", "their", "its"].contains(&chunk.word(at)) || chunk.tokens[at].quoted().is_some())
    });
    if let Some(second) = second {
        take_recipient(chunk, second);
    }
    take_messages(chunk);
    Some(field.of("item"))
}

/// "a mail", "the message": words for what is sent are no fields of the data.
fn take_messages(chunk: &mut Chunk) {
    for at in 0..chunk.len() {
        if MAILING.contains(&chunk.free_word(at)) || ["message", "note", "reminder"].contains(&chunk.free_word(at)) {
            chunk.take(at..at + 1);
        }
    }
}

/// Takes the words right before a place, back to an article: who gets the message.
fn take_recipient(chunk: &mut Chunk, end: usize) {
    let mut start = end;
    while start > 0 && chunk.free(start - 1) && chunk.tokens[start - 1].is_word() && end - start < 4 {
        start -= 1;
        if english().determiners.contains(chunk.word(start)) {
            break;
        }
    }
    let plain = (start..end).all(|at| !["who", "that", "with", "where", "whose", "in", "from", "of", "on"].contains(&chunk.word(at)));
    if plain && start <= 2 {
        chunk.take(start..end);
    }
}

/// A field that is named as where mail goes: "to their contact address", "(field borrower_email)", "at owner_mail".
fn named_address(chunk: &Chunk, fields: &Fields, addresses: &[&Field], mailing: bool) -> Option<(FieldRef, usize, usize)> {
    const LEADS: [&str; 12] = ["to", "at", "via", "using", "column", "field", "in", "is", "under", "as", "called", "address"];
    for at in 0..chunk.len() {
        let bracket = chunk.free(at) && chunk.tokens[at].is_punct('(');
        let lead = LEADS.contains(&chunk.free_word(at)) || bracket;
        if !lead {
            continue;
        }
        let direct = bracket || ["column", "field", "is", "in", "called", "as", "address", "under"].contains(&chunk.word(at));
        let mut owned = false;
        for place in at + 1..(at + 6).min(chunk.len()) {
            let word = chunk.free_word(place).to_owned();
            if word.is_empty() {
                break;
            }
            owned |= ["their", "its", "his", "her", "the"].contains(&word.as_str()) || word.ends_with("'s");
            let known = fields
                .find(&[&word])
                .filter(|(field, fit)| addresses.contains(field) && (*fit >= Fit::Stem || !direct && owned && *fit >= Fit::Overlap));
            let plain = MAILING.contains(&word.as_str()) || word == "address" || word == "addresses";
            let field = match known {
                Some((field, _)) => FieldRef::Known(field.clone()),
                None if plain && owned && mailing => match (addresses, fields.find(&["email"])) {
                    ([], _) if !fields.known => FieldRef::Named(names_for(&["email"])),
                    ([one], _) => FieldRef::Known((*one).clone()),
                    (_, Some((field, _))) if addresses.contains(&field) => FieldRef::Known(field.clone()),
                    _ => continue,
                },
                None => continue,
            };
            let mut end = place + 1;
            // "at the address in the email column"
            while ["address", "addresses", "column", "field", "mail", "email"].contains(&chunk.free_word(end))
                || ["in", "the"].contains(&chunk.free_word(end)) && ["the", "email", "mail"].contains(&chunk.free_word(end + 1))
            {
                end += 1;
            }
            if chunk.free(end) && chunk.tokens.get(end).is_some_and(|token| token.is_punct(')')) {
                end += 1;
            }
            let mut start = at;
            while start > 0
                && chunk.free(start - 1)
                && (["column", "field", "the", "address", "in", "at", "to", "is", "email", "mail"].contains(&chunk.before(start))
                    && start > 1
                    || chunk.tokens[start - 1].is_punct('('))
            {
                start -= 1;
            }
            return Some((field, start, end));
        }
    }
    None
}

/// A message without a place of its own goes where the one before went: "…, otherwise tell them that all is well".
pub fn carry_over(chunk: &Chunk, act: Option<Act>, found: &mut Places, last: &[Sink]) {
    let private = chunk.tokens.iter().any(|token| token.is_any(&["me", "us", "myself"]));
    if act != Some(Act::Send) || private || last.is_empty() {
        return;
    }
    let fits = |service: &str, sink: &Sink| {
        matches!(
            (service, sink),
            ("", _)
                | ("slack", Sink::Message(Target::Channel(_)))
                | ("telegram", Sink::Message(Target::Chat(_)))
                | ("email", Sink::Message(Target::Mail(_)))
        )
    };
    let open = match found.sinks.as_slice() {
        [] => found.service.clone().unwrap_or_default(),
        [Sink::Message(Target::Service(service))] => service.clone(),
        _ => return,
    };
    let again: Vec<Sink> = last.iter().filter(|sink| fits(&open, sink)).cloned().collect();
    if !again.is_empty() {
        found.sinks = again;
    }
}

/// "The subject should be …" in a sentence of its own: the subject of the last mail. True when it was one.
pub fn subject_later(builder: &mut Builder<'_>, chunk: &Chunk, act: Option<Act>, wording: &Wording) -> bool {
    let Some(subject) = wording.subject.as_ref().filter(|_| act.is_none_or(|act| act == Act::Fetch) && wording.text.is_none()) else {
        return false;
    };
    if !chunk.leftovers().iter().all(|&at| english().is_carrier(chunk.word(at))) {
        return false;
    }
    let said = builder.filled(subject);
    let catalogue = builder.context.catalogue;
    for step in builder.steps.iter_mut().rev() {
        let spec = step.uses.as_deref().and_then(|uses| catalogue.spec(uses));
        if let Some(param) = spec.and_then(|spec| spec.param_with_role(role::SUBJECT)) {
            step.with.insert(param.to_owned(), serde_json::Value::String(said));
            return true;
        }
    }
    false
}

/// How the entries of a list are set in a message: "comma separated", "as a bulleted list".
pub fn list_style(chunk: &mut Chunk) -> ListStyle {
    const STYLES: [(&[&str], ListStyle); 14] = [
        (&["separated", "by", "commas"], ListStyle::Commas),
        (&["separated", "by", "comma"], ListStyle::Commas),
        (&["separated", "with", "commas"], ListStyle::Commas),
        (&["comma", "separated"], ListStyle::Commas),
        (&["comma-separated"], ListStyle::Commas),
        (&["on", "one", "line"], ListStyle::Commas),
        (&["in", "one", "line"], ListStyle::Commas),
        (&["as", "bullet", "points"], ListStyle::Bullets),
        (&["with", "bullet", "points"], ListStyle::Bullets),
        (&["as", "bullets"], ListStyle::Bullets),
        (&["bulleted", "list"], ListStyle::Bullets),
        (&["bullet", "list"], ListStyle::Bullets),
        (&["bullet", "point", "list"], ListStyle::Bullets),
        (&["numbered", "list"], ListStyle::Numbered),
    ];
    for at in 0..chunk.len() {
        for (words, style) in STYLES {
            if words.iter().enumerate().all(|(offset, word)| chunk.free_word(at + offset) == *word) {
                chunk.take(at..at + words.len());
                return style;
            }
        }
    }
    ListStyle::Lines
}

/// The places of messages among those of a clause.
pub fn placed(found: &Places) -> Vec<Sink> {
    found.sinks.iter().filter(|sink| matches!(sink, Sink::Message(target) if !matches!(target, Target::Service(_)))).cloned().collect()
}
