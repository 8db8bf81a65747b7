//! What one clause does: finds its verb, reads what it names, applies what it asks of the data, and writes where it
//! says.

mod leftovers;
mod loops;
mod recall;

mod columns;
mod database;
mod files;
mod formula;
mod hash;
mod lines;
mod moment;
mod recipients;
mod record;
mod repository;
mod special;
mod split;
mod wording;

use leftovers::leftovers;
use loops::{begin_each, close_loop, open_loop};
use recall::{recall, recall_list};

use super::build::{Builder, Focus, Loop, ReadCondition, Shape, Wording, WriteMode};
use super::chunk::{Chunk, Mark};
use super::fields::Fields;
use super::modifiers::{self, About, Modifiers};
use super::places::{self, Places, Sink, Target};
use super::segments::{Clause, When};
use super::verbs::{Position, verb_at};
use crate::language::{Act, Token, TokenKind, english};
use formula::Formula;

/// How a clause went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Words that were not understood.
    pub unclear: Vec<String>,
    /// Whether it did anything that was recognised.
    pub acted: bool,
    /// Whether it wrote or sent something.
    pub wrote: bool,
}

/// What is remembered between clauses.
#[derive(Debug, Default)]
pub struct Memory {
    /// The list before the last clause narrowed it and sent it somewhere.
    pub before: Option<Focus>,
    /// The words of the "for each" that is open.
    pub each: Option<Vec<Token>>,
    /// The value in hand when the last "for each" was opened.
    pub outer: Option<Focus>,
    /// Where the last message went.
    pub sent: Vec<Sink>,
    /// The last message as given, for "the same".
    pub said: Option<Wording>,
}

/// Does a clause.
pub fn perform(builder: &mut Builder<'_>, clause: &Clause, memory: &mut Memory) -> Outcome {
    let mut outcome = Outcome::default();
    if forbidden(&clause.tokens) {
        outcome.acted = true;
        return outcome;
    }
    if clause.after {
        builder.barrier = effects(builder);
    }
    if let When::If { condition, unless } = &clause.when {
        builder.guard = super::build::Guard::default();
        let condition = special::strip_tail(condition);
        match builder.read_condition(&condition) {
            ReadCondition::Expression(expression) => builder.open_guard(if *unless { format!("!({expression})") } else { expression }),
            ReadCondition::Unclear => {
                if builder.questions.is_empty() {
                    outcome.unclear.push(condition.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" "));
                }
                return outcome;
            }
        }
        outcome.acted = true;
    }
    guard(builder, &clause.when);
    if clause.each != memory.each {
        close_loop(builder, memory);
        if let Some(head) = &clause.each {
            outcome.acted = true;
            open_loop(builder, head, memory, &mut outcome);
        }
    }
    let tokens = special::strip_tail(&clause.tokens);
    if tokens.is_empty() {
        return outcome;
    }
    run(builder, &tokens, memory, &mut outcome);
    outcome
}

fn guard(builder: &mut Builder<'_>, when: &When) {
    match when {
        When::Always => builder.guard = super::build::Guard::default(),
        When::Otherwise => builder.otherwise(),
        When::Nothing | When::Something => {
            let Some(focus) = builder.focus.clone() else { return };
            let sign = if *when == When::Nothing { "=== 0" } else { "> 0" };
            let length = if focus.shape == Shape::Number { focus.expr.clone() } else { focus.length() };
            builder.open_guard(format!("{length} {sign}"));
        }
        When::If { .. } | When::Same | When::Failure => {}
    }
}

/// Ids of the steps that change something, for what must come after them.
fn effects(builder: &Builder<'_>) -> Vec<String> {
    let writes = |step: &&sayflow_protocol::workflow::Step| {
        let spec = step.uses.as_deref().and_then(|uses| builder.context.catalogue.spec(uses));
        spec.is_some_and(|spec| {
            spec.effect_of(&step.with.clone().into_iter().collect()) == sayflow_protocol::Effect::Write
                || spec.param_with_role(sayflow_engine::action::role::DURATION).is_some()
        })
    };
    builder.steps.iter().rev().find(writes).map(|step| vec![step.id.clone()]).unwrap_or_default()
}

/// "do not post it", "don't email anyone", "without sending".
fn forbidden(tokens: &[Token]) -> bool {
    let skip = match tokens {
        [a, ..] if a.is_any(&["don't", "dont", "never"]) => 1,
        [a, b, ..] if a.is("do") && b.is("not") => 2,
        [a, b, c, ..] if a.is("no") && b.is("need") && c.is("to") => 3,
        [a, ..] if a.is("without") => 1,
        _ => return false,
    };
    let dropping = verb_at(tokens, skip, Position::Start).is_some_and(|(act, _)| {
        matches!(act, Act::Keep | Act::Project) && tokens.get(skip).is_some_and(|token| token.is_any(&["include", "keep", "show", "list"]))
    });
    tokens.get(skip).is_some() && !dropping && (verb_at(tokens, skip, Position::Start).is_some() || tokens[0].is("without"))
}

fn norms(tokens: &[Token]) -> Vec<String> {
    tokens.iter().map(|token| token.norm.clone()).collect()
}

/// Where the verb of a clause stands, perhaps behind a phrase that names a place first.
fn head(tokens: &[Token]) -> (usize, Option<(Act, usize)>) {
    if let Some(found) = verb_at(tokens, 0, Position::Start) {
        return (0, Some(found));
    }
    for at in 1..tokens.len() {
        let before = &tokens[..at];
        let named = before.iter().any(super::verbs::is_place) || before[0].is_any(&["into", "from", "in", "with", "using", "to", "on"]);
        let questioning = before[0].is_any(&["how", "what", "which", "what's", "who", "how's", "where"])
            || before.iter().any(|token| token.is_any(&["where", "whose", "that", "which"]));
        let relative = tokens[at - 1].is_any(&["that", "which", "who", "the", "a", "an", "to", "of", "and", "or", "is", "are"]);
        let should = tokens[at - 1].is_any(&["should", "must", "needs", "will"]);
        let gets = tokens[at].is_any(&["gets", "receives", "get", "receive"])
            && tokens.get(at + 1).is_some_and(|token| token.is_any(&["a", "an", "the", "one"]))
            && tokens.get(at + 2).is_some_and(|token| token.is_any(&["email", "mail", "message", "e-mail", "note", "reminder"]));
        if gets {
            return (at, Some((Act::Send, 1)));
        }
        if should && tokens[at].is_any(&["get", "receive", "have"]) {
            return (at, Some((Act::Send, 1)));
        }
        if named
            && !questioning
            && !relative
            && let Some(found) = verb_at(tokens, at, Position::Inside)
                .filter(|(act, _)| *act != Act::Measure || tokens[at].is_any(&["sum", "add", "calculate", "compute"]))
        {
            return (at, Some(found));
        }
    }
    (0, None)
}

/// "average the grades", "sum up the totals": the verb says which measure is wanted.
fn names_measure(tokens: &[Token], at: usize, act: Act, length: usize) -> bool {
    matches!(act, Act::Measure | Act::Count) && english().measures.at(tokens, at).is_some_and(|(found, _)| found >= length)
}

fn run(builder: &mut Builder<'_>, tokens: &[Token], memory: &mut Memory, outcome: &mut Outcome) {
    let (place, verb) = head(tokens);
    let mut act = verb.map(|(act, _)| act);
    let mut chunk = Chunk::new(tokens);
    if let Some((found, length)) = verb {
        let measuring =
            names_measure(tokens, place, found, length) || found == Act::Dedupe && tokens[place].is_any(&["unique", "distinct"]);
        if !measuring {
            chunk.take(place..place + length);
        }
        if found == Act::Send
            && tokens.get(place + length).is_some_and(|token| matches!(token.entity(), Some(crate::language::Entity::Url(_))))
            && tokens[place].is_any(&["ping", "request", "check", "poll"])
        {
            act = Some(Act::Fetch);
        }
    }
    // "filter out", "keep only": a second verb may follow the first, as in "take only" or "find and keep".
    if act == Some(Act::Fetch)
        && let Some((Act::Send, length)) = verb_at(tokens, 1, Position::Joined).filter(|_| tokens.len() > 2 && tokens[0].is("go"))
    {
        act = Some(Act::Send);
        chunk.take(1..1 + length);
    }
    act = special::as_meant(tokens, place, act);
    if act == Some(Act::Limit) && !(0..tokens.len()).any(|at| crate::language::number_at(english(), tokens, at).is_some()) {
        act = Some(Act::Fetch);
    }
    if recipients::writes_message(tokens, place) {
        act = Some(Act::Send);
        chunk.take(place..place + 1);
    }
    recipients::rule_out(&mut chunk);
    defined_states(&mut chunk);
    moment::in_name(builder, &mut chunk);
    if database::change(builder, &mut chunk, act, outcome) || database::append_row(builder, &mut chunk, act, outcome) {
        leftovers(&chunk, act, outcome);
        return;
    }
    if repository::create(builder, &mut chunk, outcome) {
        leftovers(&chunk, act, outcome);
        return;
    }
    let listed = repository::list(builder, &mut chunk, outcome);
    if tokens[0].norm.starts_with("summar") && (1..tokens.len()).any(|at| english().measures.at(tokens, at).is_some()) {
        act = Some(Act::Measure);
        chunk.take(0..1);
    }
    let columns = columns::wanted(tokens, act);
    if act == Some(Act::Split) && split::perform(builder, &mut chunk).is_some() {
        (outcome.acted, outcome.wrote) = (true, true);
        return;
    }
    if !columns && special::perform(builder, &mut chunk, act, outcome) {
        return;
    }
    let sends = matches!(act, Some(Act::Send | Act::Respond));
    let mut wording = wording::read(&mut chunk, act);
    if let Some((_, expression)) = (sends && wording.text.is_none()).then(|| special::arithmetic(builder, &mut chunk)).flatten() {
        wording.text = Some(super::js::inside(&expression));
    }
    if sends {
        let empty = builder.focus.as_ref().is_none_or(|focus| focus.given) && builder.each.is_none();
        wording::same_again(&mut chunk, &mut wording, &mut memory.said, empty);
    }
    if recipients::subject_later(builder, &chunk, act, &wording) {
        outcome.acted = true;
        return;
    }
    if sends {
        wording.style = recipients::list_style(&mut chunk);
    }
    let attachments = if sends { wording::attachments(&mut chunk) } else { Vec::new() };
    let samples = builder.context.samples;
    let exists = |path: &str| samples.file(path).is_some() || samples.files().iter().any(|file| file == path);
    if let Some(text) = &mut wording.text {
        moment::beside(builder, &mut chunk, text);
    }
    if wording.text.is_none() && moment::as_text(builder, &mut chunk, act) {
        outcome.acted = true;
    }
    let holding = builder.focus.as_ref().is_some_and(|focus| !focus.given) || wording.text.is_some();
    let mut extended = None;
    if columns {
        extended = columns::place_of_columns(&mut chunk.tokens, &exists);
        // Making a column writes nothing yet.
        act = act.filter(|act| !matches!(act, Act::Append | Act::Insert | Act::Save | Act::Update | Act::Move));
    }
    let mut found = places::read(&mut chunk, act, &exists, holding);
    if matches!(act, Some(Act::Delete | Act::Update | Act::Drop))
        && found.sinks.is_empty()
        && found.sources.iter().any(|source| matches!(source, places::Source::Database(_, _, None)))
    {
        outcome.unclear.push(tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" "));
        return;
    }
    for source in &found.sources {
        if !builder.read(source, &norms(tokens)) {
            if builder.questions.is_empty() {
                outcome.unclear.push(chunk.text(0..chunk.len()));
            }
            outcome.acted = true;
            return;
        }
        outcome.acted = true;
    }
    let mut own_source = listed || !found.sources.is_empty();
    special::contents(builder, &found.sources, &mut chunk, act);
    if !own_source && builder.focus.is_none() && builder.each.is_none() && wording.text.is_none() && attachments.is_empty() {
        match builder.read_guessed(tokens, &norms(tokens)) {
            Some(false) => {
                outcome.acted = true;
                return;
            }
            Some(true) => (own_source, outcome.acted) = (true, true),
            None => {}
        }
    }
    if columns && columns::perform(builder, &mut chunk) {
        outcome.acted = true;
        builder.extended = extended.or_else(|| builder.extended.take());
    }
    if found.sources.len() > 1 && special::combine(builder, &mut chunk, act) {
        outcome.acted = true;
    }
    outcome.acted |= builder.extract_from_hand(&mut chunk);
    outcome.acted |= lines::work(builder, &mut chunk, act);
    if sends {
        let nouns = builder.focus.as_ref().map(|focus| focus.nouns.clone()).unwrap_or_default();
        recipients::about_items(&mut chunk, &nouns);
        recipients::subject_field(builder, &mut chunk, &mut wording);
    }
    let address = recipients::address_field(builder, &mut chunk, act, &wording);
    if address.is_none() {
        recipients::carry_over(&chunk, act, &mut found, &memory.sent);
    }
    personal(act, &mut found);
    recall(builder, &mut chunk, memory, own_source, &found);
    let formula = formula::fold(builder, &mut chunk, act);
    if formula == Some(Formula::Column) {
        outcome.acted = true;
        if matches!(act, Some(Act::Measure | Act::Append)) {
            act = Some(Act::Fetch);
        }
    }
    wording.named_by = wording::naming_field(builder, &mut chunk);
    let (mut asked, single) = ask(builder, &mut chunk, act);
    if address.is_some() && builder.each.is_none() && !asked.without {
        // What each mail says, while the items keep the field with the address.
        let said = std::mem::take(&mut asked.fields);
        if wording.text.is_none() {
            wording.fields.extend(said);
        }
    }
    if !asked.groups.is_empty() && asked.measures.is_empty() && !asked.per_group && !asked.share && !found.sinks.is_empty() {
        asked.measures.push(counting());
    }
    outcome.unclear.extend(asked.unmatched.clone());
    let wants_data = !asked.is_empty();
    if wants_data && builder.focus.is_none() && wording.text.is_none() && !ask_source(builder, Some(tokens)) {
        outcome.acted = true;
        return;
    }
    // "keep them in paid.csv", "drop it in errors.txt": nothing is selected, only put somewhere.
    if asked.is_empty() && !found.sinks.is_empty() && matches!(act, Some(Act::Keep | Act::Drop)) {
        act = Some(Act::Save);
    }
    let before = builder.focus.clone();
    apply(builder, &chunk, act, &asked, single, &mut wording, outcome);
    if let Some(Formula::Helper(name)) = &formula
        && asked.measures.is_empty()
        && !asked.fields.iter().any(|field| field.name() == *name)
    {
        builder.drop_field(name);
    }
    let each = begin_each(builder, &asked, &found, memory, address.is_some());
    if let Some(address) = address {
        deliver(builder, &address, &wording, outcome);
    } else {
        write_all(builder, &chunk, act, &found, &wording, &attachments, outcome);
    }
    if each {
        close_loop(builder, memory);
    }
    let placed = recipients::placed(&found);
    if !placed.is_empty() {
        memory.sent = placed;
    }
    memory.before = (outcome.wrote && asked.filter.is_some()).then_some(before).flatten();
    leftovers(&chunk, act, outcome);
}

fn counting() -> modifiers::Ask {
    modifiers::Ask { op: crate::language::Measure::Count, field: None, name: "count".to_owned() }
}

/// "the delayed ones (delay > 10)": the brackets say what the adjective means.
fn defined_states(chunk: &mut Chunk) {
    let lexicon = english();
    for open in 1..chunk.len() {
        if !chunk.tokens[open].is_punct('(') {
            continue;
        }
        let close = (open..chunk.len()).find(|&at| chunk.tokens[at].is_punct(')')).unwrap_or(chunk.len());
        let compares = (open + 2..close).any(|at| lexicon.operators.at(&chunk.tokens, at).is_some());
        let state = (open.saturating_sub(3)..open).find(|&at| lexicon.states.contains_key(chunk.free_word(at)));
        if let (true, Some(state)) = (compares, state) {
            chunk.take(state..state + 1);
        }
    }
}

/// Someone is to be told, but where is not said.
fn personal(act: Option<Act>, found: &mut Places) {
    if found.sinks.is_empty() && act == Some(Act::Send) {
        let service = found.service.clone().unwrap_or_default();
        found.sinks.push(Sink::Message(Target::Service(service)));
    }
}

fn ask(builder: &Builder<'_>, chunk: &mut Chunk, act: Option<Act>) -> (Modifiers, bool) {
    let nothing = Fields::default();
    let (fields, nouns, record) = match (&builder.each, &builder.focus) {
        (Some(each), _) => (each.fields.clone(), each.nouns.clone(), true),
        (None, Some(focus)) => {
            (focus.fields.clone(), focus.nouns.clone(), matches!(focus.shape, Shape::Record) || single_answer(focus, chunk))
        }
        (None, None) => (nothing, Vec::new(), false),
    };
    let about = About { fields: &fields, nouns: &nouns, record, act };
    (modifiers::read(chunk, &about), record)
}

/// "the temperature from URL": one thing is asked of an answer whose form is not known.
fn single_answer(focus: &Focus, chunk: &Chunk) -> bool {
    if focus.shape != Shape::Body || focus.fields.known {
        return false;
    }
    let lexicon = english();
    let listy = (0..chunk.len()).any(|at| {
        let word = chunk.free_word(at);
        let plural = word.len() > 3
            && word.ends_with('s')
            && !word.ends_with("ss")
            && !["status", "this", "its", "is", "was", "has", "does", "us", "as", "address", "celsius"].contains(&word);
        plural
            || [
                "each", "every", "all", "how", "many", "list", "top", "only", "where", "whose", "those", "number", "count", "average",
                "sum", "sorted", "per", "first", "last", "total", "ones",
            ]
            .contains(&word)
            || lexicon.superlatives.at(&chunk.tokens, at).is_some()
            || lexicon.operators.at(&chunk.tokens, at).is_some_and(|_| chunk.free(at))
    });
    let named = (0..chunk.len()).any(|at| {
        !chunk.free_word(at).is_empty()
            && !lexicon.is_stop(chunk.free_word(at))
            && (!lexicon.is_carrier(chunk.free_word(at)) || lexicon.fields.common.contains(chunk.free_word(at)))
    });
    !listy && named
}

/// Applies what is asked to the value in hand.
fn apply(
    builder: &mut Builder<'_>,
    chunk: &Chunk,
    act: Option<Act>,
    asked: &Modifiers,
    single: bool,
    wording: &mut Wording,
    outcome: &mut Outcome,
) {
    let drops = matches!(act, Some(Act::Drop | Act::Delete));
    let shape = builder.focus.as_ref().map(|focus| focus.shape);
    if single && asked.filter.is_none() && asked.measures.is_empty() {
        wording.fields.clone_from(&asked.fields);
        outcome.acted |= !asked.fields.is_empty();
        return;
    }
    if asked.is_empty() {
        if matches!(act, Some(Act::Keep | Act::Drop | Act::Delete)) && builder.focus.is_some() && builder.questions.is_empty() {
            ask_condition(builder, drops);
            outcome.acted = true;
        }
        return;
    }
    outcome.acted = true;
    if builder.focus.is_none() {
        return;
    }
    if shape == Some(Shape::Number) || shape == Some(Shape::Totals) {
        // "the total", "the count": the number in hand is meant.
        return;
    }
    if let (Some(noun), Some(focus)) = (&asked.noun, &mut builder.focus)
        && (focus.is_list() || focus.shape == Shape::Text)
        && noun.ends_with('s')
        && (focus.label.is_empty() || !english().is_item_noun(noun) || !focus.label.ends_with('s'))
    {
        focus.label.clone_from(noun);
    }
    if builder.transform(asked, drops).is_none() {
        outcome.unclear.push(chunk.text(0..chunk.len()));
    }
}

fn ask_condition(builder: &mut Builder<'_>, drops: bool) {
    let text = if drops { "Which items should be left out?" } else { "Which items should be kept: what is the condition?" };
    let Some(answer) = builder.ask("data.filter.where", text, &[]) else { return };
    let Some(focus) = builder.focus.clone() else { return };
    let mut chunk = Chunk::new(&crate::language::tokenize(&answer));
    let about = About { fields: &focus.fields, nouns: &focus.nouns, record: false, act: Some(Act::Keep) };
    let asked = modifiers::read(&mut chunk, &about);
    builder.transform(&asked, drops);
}

/// Asks where the data comes from, and reads it when that was answered.
pub fn ask_source(builder: &mut Builder<'_>, tokens: Option<&[Token]>) -> bool {
    if let Some(read) = tokens.and_then(|tokens| builder.read_guessed(tokens, &norms(tokens))) {
        return read;
    }
    let Some(answer) = builder.ask("source", "Where does the data come from: which file, web address or database should be read?", &[])
    else {
        return false;
    };
    let mut chunk = Chunk::new(&crate::language::tokenize(&answer));
    let found = places::read(&mut chunk, Some(Act::Fetch), &|_| true, false);
    let words = tokens.map(norms).unwrap_or_default();
    found.sources.first().is_some_and(|source| builder.read(source, &words))
}

fn deliver(builder: &mut Builder<'_>, address: &str, wording: &Wording, outcome: &mut Outcome) {
    if builder.send_to_field(address, wording).is_some() {
        outcome.wrote = true;
        outcome.acted = true;
    }
}

fn write_all(
    builder: &mut Builder<'_>,
    chunk: &Chunk,
    act: Option<Act>,
    found: &Places,
    wording: &Wording,
    attachments: &[String],
    outcome: &mut Outcome,
) {
    let appends = act == Some(Act::Append) && !chunk.tokens.iter().any(|token| token.is("column"))
        || chunk.tokens.iter().any(|token| token.is_any(&["append", "appending", "appended"]));
    let mode = if appends { WriteMode::Append } else { WriteMode::Replace };
    if act == Some(Act::Respond) && found.sinks.iter().all(|sink| matches!(sink, Sink::Message(Target::Service(_)))) {
        outcome.acted = true;
        outcome.wrote = builder.respond(wording, special::status(chunk)).is_some();
        return;
    }
    let needs_data = wording.text.is_none() && builder.focus.is_none() && attachments.is_empty();
    for sink in &found.sinks {
        outcome.acted = true;
        if needs_data && !matches!(sink, Sink::Web(..)) && !matches!(sink, Sink::Message(_)) && !ask_source(builder, Some(&chunk.tokens)) {
            return;
        }
        let start = builder.steps.len();
        let written = if attachments.is_empty() || wording.text.is_some() || builder.focus.is_some() {
            builder.write(sink, wording, mode)
        } else {
            let text = format!("Attached: {}", attachments.join(", "));
            builder.write(sink, &Wording { text: Some(text), ..wording.clone() }, mode)
        };
        if !attachments.is_empty()
            && let Some(step) = builder.steps.get_mut(start)
            && matches!(sink, Sink::Message(Target::Mail(_)))
        {
            step.with.insert("attachments".to_owned(), attachments.iter().map(|path| serde_json::Value::String(path.clone())).collect());
        }
        outcome.wrote |= written;
    }
}
